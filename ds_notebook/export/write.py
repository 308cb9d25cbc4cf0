"""One export: the format's own module writes, under a temporary name; the rename at the end makes it whole."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from ds_notebook.errors import DsError, UsageError
from ds_notebook.export.config import FORMATS, ExportConfig
from ds_notebook.record import Record

MARK = ".ds-export"
"""A file in each folder that an export wrote: only such a folder is ever replaced."""


class Exported(NamedTuple):
    """What was written."""

    path: Path
    opened_with: str
    remarks: list[str]
    """A sentence for each thing that was left out or altered."""


def export_run(record: Record, config: ExportConfig) -> Exported:
    """Write `record`, which may still be running, as another tool's file or folder.

    Raises UsageError where the place is taken or an extra is missing, DsError where it cannot be written.
    """
    form = FORMATS[config.to]
    path = Path.cwd() / (config.out or f"{record.id}{form.suffix}")
    write = import_module(form.module).write
    with _written_whole(path, force=config.force) as temporary:
        remarks = write(record, temporary, path)
        if temporary.is_dir():
            (temporary / MARK).write_text(f"{record.id} as {config.to}\n", encoding="utf-8")
    return Exported(path, form.opened_with.format(path=path), remarks)


@contextmanager
def _written_whole(path: Path, *, force: bool) -> Iterator[Path]:
    """A name beside `path` to write under; it takes the place of `path` at the end, or goes after an error."""
    _check_place(path, force=force)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        _put(temporary, path)
    except OSError as error:
        raise DsError(
            f"{path} could not be written: {error.strerror or error}. Choose another place with out."
        ) from None
    finally:  # an interrupt too leaves no half file
        _remove(temporary)


def _check_place(path: Path, *, force: bool) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"Folder {path.parent} does not exist. Make it, or choose another place with out.")
    if not os.path.lexists(path):
        return
    if not force:
        raise UsageError(f"{path} is there already. Choose another place with out, or replace it with force.")
    if path.is_symlink() or (path.is_dir() and not (path / MARK).is_file()):
        raise UsageError(f"{path} was not written by an export, so force does not replace it. Choose another place.")


def _put(temporary: Path, path: Path) -> None:
    """Rename; a folder cannot take another's place in one step, so that one steps aside first."""
    if not path.is_dir():
        os.replace(temporary, path)
        return
    old = temporary.with_suffix(".old")
    os.rename(path, old)
    try:
        os.rename(temporary, path)
    except BaseException:
        os.rename(old, path)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if not os.path.lexists(path):
        return
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
