"""The processes of a job: found by parentage and by a mark in their environment, and ended for certain.

Linux: elsewhere there is neither a subreaper nor /proc, and only the job's own process group is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

JOB = "DS_NOTEBOOK_JOB"
"""In the environment of every process of a job: the job's folder."""
ATTEMPT = "DS_NOTEBOOK_ATTEMPT"
"""Beside it: the number of the attempt, from 1."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> bool:
    """From now on this process inherits whatever its descendants leave behind; False where the platform cannot."""
    return _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> bool:
    """In a new child: be killed when the process that started it is, however that ended."""
    return _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> bool:
    return sys.platform == "linux" and bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, parents before their children."""
    found = _children(pid)
    for process in found:  # it grows; not a call each, as each process of a thousand may be the child of the one before
        found += _children(process)
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [int(child) for task in tasks for child in _read(f"/proc/{pid}/task/{task}/children").split()]


def threads(pid: int) -> list[int]:
    """Numbers of the threads of a process; empty once it is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def marked(folder: Path) -> list[int]:
    """Processes of this user that carry the mark of the job in `folder`, wherever they were moved to."""
    mark = f"{JOB}={folder}".encode()
    return [pid for pid in _all_processes() if mark in _read(f"/proc/{pid}/environ").split(b"\0") and not _is_gone(pid)]


def _all_processes() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(name) for name in os.listdir("/proc") if name.isdecimal())


def signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to each process that is still there and ours."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def freeze(pid: int) -> list[int]:
    """Stop everything below `pid` until nothing new appears: what is stopped cannot fork."""
    frozen: set[int] = set()
    while new := set(descendants(pid)) - frozen:
        signal_all(new, signal.SIGSTOP)
        frozen |= new
    return sorted(frozen)


def kill_below(pid: int) -> None:
    """SIGKILL to everything below `pid`; who forks meanwhile is stopped first, so call it until nothing is left."""
    signal_all(freeze(pid), signal.SIGKILL)


def kill_marked(folder: Path) -> bool:
    """SIGKILL to every process with the mark of the job in `folder`, whose wrapper is gone; True while there are any.

    Call it until it is False: who forks meanwhile is stopped first.
    """
    left = marked(folder)
    if left:
        signal_all(left, signal.SIGSTOP)
        signal_all(marked(folder), signal.SIGKILL)
    return bool(left)


def _is_gone(pid: int) -> bool:
    """A zombie holds nothing any more: its parent has only not asked for it yet."""
    stat = _read(f"/proc/{pid}/stat")
    return not stat or stat[stat.rindex(b")") + 2 : stat.rindex(b")") + 3] in (b"Z", b"X")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:  # gone, or another user's
        return b""
