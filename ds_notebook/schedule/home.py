"""Where the scheduler of this user and machine keeps its queue: one folder, the user's own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ds_notebook.errors import RecordError

HOME = "DS_SCHEDULER"
"""A variable that names another folder."""
_JOBS = "runs"


def home_folder() -> Path:
    """`DS_SCHEDULER`, else `ds-notebook/scheduler` in the user's folder for state."""
    if chosen := os.environ.get(HOME):
        return Path(chosen).expanduser().absolute()
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser().absolute() / "ds-notebook" / "scheduler"


def open_home(folder: Path | None = None) -> Path:
    """The folder, made if need be and closed to others; raises RecordError where they own it or may write in it.

    Whoever may write there may have any program run as this user; whoever may read sees what all jobs were given.
    """
    home = (folder or home_folder()).absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = home.lstat()
    except OSError as error:
        raise _not_made(home, error) from None
    if not stat.S_ISDIR(found.st_mode):
        raise RecordError(
            f"{home} is a link, not a folder: the scheduler runs nothing out of it. Set {HOME} to another."
        )
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        raise RecordError(
            f"{home} belongs to another user: the scheduler runs nothing out of it. Set {HOME} to another."
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise RecordError(f"Others may write in {home}: the scheduler runs nothing out of it. Try: chmod 700 {home}")
    try:
        if found.st_mode & 0o077:
            home.chmod(0o700)
        (home / _JOBS).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _not_made(home, error) from None
    return home


def _not_made(home: Path, error: OSError) -> RecordError:
    return RecordError(
        f"The scheduler's folder {home} cannot be made: {error.strerror}. Set {HOME} to one that you can write."
    )


def job_folder(home: Path, job: str) -> Path:
    """The folder of a job's run."""
    return home / _JOBS / job
