"""A process and all that it started, waited for and killed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal

import psutil

_SET_PARENTS_DEATH_SIGNAL = 1


def end_with_parent() -> None:
    """From now on this process is killed where the one that started it ends, however that ends."""
    ctypes.CDLL(None).prctl(_SET_PARENTS_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def wait_and_end(pid: int, limit_s: float) -> bool:
    """Wait for child `pid`, which leads a process group; False where it had to be killed at the limit.

    What is left of its group and descendants afterwards is killed, also where the wait is interrupted.
    """
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], limit_s)[0])
    finally:
        os.close(handle)
        descendants = _descendants(pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        for process in descendants:  # those that left the group
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        found: list[psutil.Process] = psutil.Process(pid).children(recursive=True)
        return found
    except psutil.NoSuchProcess:
        return []
