"""A process and all that it started, waited for and killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time

import psutil

LOOK_S = 0.01
_SET_PARENTS_DEATH_SIGNAL = 1


def end_with_parent() -> None:
    """From now on this process is killed where the one that started it ends, however that ends."""
    ctypes.CDLL(None).prctl(_SET_PARENTS_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def wait_and_end(pid: int, limit_s: float) -> bool:
    """Wait for child `pid`, which leads a process group; False where it had to be killed at the limit.

    What is left of its group and descendants afterwards is killed, also where the wait is interrupted.
    """
    deadline = time.monotonic() + limit_s
    try:
        while not _has_ended(pid):
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_S)
        return True
    finally:
        descendants = _descendants(pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        for process in descendants:  # those that left the group
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _has_ended(pid: int) -> bool:
    """It stays to be waited for, so its number is not yet another's. A demo host has no `pidfd_open`."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
        return found
    except psutil.NoSuchProcess:
        return []
