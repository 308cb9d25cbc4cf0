"""The state of a run in one word, derived from its events and from whether its process lives."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path
from typing import Literal

import psutil

from ds_notebook.record.events import RunEnded, RunStarted

State = Literal["queued", "running", "paused", "finished", "interrupted", "stopped", "failed", "lost"]
OVER: frozenset[State] = frozenset(("finished", "interrupted", "stopped", "failed", "lost"))

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
    """Names this boot of this machine; empty where the platform does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def is_elsewhere(started: RunStarted) -> bool:
    """True for a run of another host, whose processes cannot be seen from here."""
    return started.host != platform.node()


def producer_is_alive(started: RunStarted) -> bool:
    """Whether the producer's process still is; always True for a run of another host."""
    if is_elsewhere(started):
        return True
    if started.boot_id != this_boot():
        return False
    try:
        process = psutil.Process(started.pid)
        same = abs(process.create_time() - started.process_started) < CLOCK_TOLERANCE_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
