"""The files of a record that are not written any more: made smaller.

Only who holds the folder's lock may do it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ds_notebook.record.files import sync_folder


def rewrite(path: Path, is_kept: Callable[[bytes], bool]) -> None:
    """Leave in the file only lines that are kept; it stays as it is where all are. Raises OSError.

    At whatever instant that is broken off, the file is old or new. It keeps its name, so who follows the record has
    read it already and misses nothing.
    """
    with open(path, "rb") as lines:
        if all(map(is_kept, lines)):
            return
    stat = path.stat()
    new = path.with_name(f".{path.name}.new")
    try:
        with (
            open(path, "rb") as lines,
            open(new, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as smaller,
        ):
            smaller.writelines(line for line in lines if is_kept(line))
            smaller.flush()
            os.fsync(smaller.fileno())
        os.utime(new, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # the record has not grown
        os.replace(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
