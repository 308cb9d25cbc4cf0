"""The closed files of the queue's record, made smaller: at whatever instant that is broken off, each is old or new.

Only who holds the folder's lock may do it. A file keeps its name and is never appended to again, so who follows the
record has read it already and misses nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from ds_notebook.record.files import event_files, sync_folder

NUMBERS_KEPT_S = 7 * 86400.0
"""Numbers of machine and jobs, every five seconds, are nearly all of a record; older ones nobody looks at."""
_USAGE = b'{"event":"usage"'


def drop_old_numbers(home: Path, now: float) -> None:
    """Leave out of files that have not grown for a week what was measured; a full disk is a matter for later."""
    for path in event_files(home):
        try:
            if path.stat().st_mtime < now - NUMBERS_KEPT_S:
                rewrite(path, lambda line: not line.startswith(_USAGE))
        except OSError as error:
            print(f"{path} stays as large as it is: {error.strerror}", file=sys.stderr, flush=True)


def rewrite(path: Path, is_kept: Callable[[bytes], bool]) -> None:
    """Leave in the file only lines that are kept; it stays as it is where all are. Raises OSError."""
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
