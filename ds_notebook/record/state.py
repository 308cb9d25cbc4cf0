"""The state of a run in one word, derived from its events and from whether its process lives."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path
from typing import Literal

from ds_notebook.record.events import RunEnded, RunStarted
from ds_notebook.record.lock import is_held

State = Literal["queued", "running", "paused", "finished", "interrupted", "stopped", "failed", "lost"]
OVER: frozenset[State] = frozenset(("finished", "interrupted", "stopped", "failed", "lost"))

_FIRST_PIDS = "pid:[4026531836]"
"""The machine's own space of process numbers, outside every container: the kernel's constant."""

CLOCK_TOLERANCE_S = 2.0
"""psutil derives a process's start from the boot time, which moves when the clock is set."""


def state_of(started: RunStarted | None, ended: RunEnded | None, *, alive: bool, paused: bool) -> State:
    """`alive`: the producer's process is there, or is on another host, where nobody here can know."""
    if started is None:
        return "queued"
    if ended is not None:
        return ended.status
    if not alive:
        return "lost"
    return "paused" if paused else "running"


@cache
def this_boot() -> str:
    """Names this boot of this machine and its space of process numbers; empty where the platform does not say.

    A pid of another container is another process here, so the container is part of the name.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        pids = os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
    return boot if pids == _FIRST_PIDS else f"{boot}-{pids[5:-1]}"


def producer_is_alive(started: RunStarted, folder: Path) -> bool:
    """Whether the producer's process still is; always True for a run of another host."""
    if started.host != platform.node():
        return True
    if started.boot_id != this_boot():  # before a restart, or in a container of the same name: the lock tells
        return is_held(folder)
    import psutil  # a tenth of the time that a command takes, and most ask for no process

    try:
        process = psutil.Process(started.pid)
        if abs(process.create_time() - started.process_started) >= CLOCK_TOLERANCE_S:
            return is_held(folder)  # another process, or the clock was set since: the lock tells
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
