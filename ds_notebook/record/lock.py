"""One producer a run: a lock on the run's folder that ends with the process that holds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ds_notebook.errors import RecordError


def hold_lock(folder: Path) -> int | None:
    """The open lock file, to be closed at the end of the run; None where the platform has no such lock."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None  # a full or read-only disk: recording is given up, the run goes on
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise RecordError(
            f"Run {folder.name} is being written by another process: wait for its end or start a new run."
        ) from None
    except OSError:  # a file system without locks
        os.close(file)
        return None
    return file


def is_held(folder: Path) -> bool:
    """Whether a producer holds the run's lock: seen from other containers of the machine too, where its pid is not."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        file = os.open(folder / "lock", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False
