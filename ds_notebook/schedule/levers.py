"""What can be changed of a job while it runs: its cores, its weight, its threads. Each says why where it cannot.

Linux, for processes of the same user: affinity goes both ways, nice only up without a privilege.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ds_notebook.errors import RecordError
from ds_notebook.record import Record
from ds_notebook.record.commands import AnyCommand, Set, send
from ds_notebook.record.state import OVER
from ds_notebook.schedule.tree import descendants, threads

_LOOKS = 3
"""A thread made between the list and the change has its maker's old cores: so it is looked for again."""


def set_cores(pid: int, cores: Sequence[int]) -> str:
    """Move every thread below `pid` to `cores`; empty, or why not."""
    if sys.platform != "linux":
        return "cores cannot be assigned on this platform"
    done: set[int] = set()
    for _ in range(_LOOKS):
        new = set(_threads_below(pid)) - done
        if not new:
            return ""
        for thread in new:
            try:
                os.sched_setaffinity(thread, cores)
            except ProcessLookupError:
                continue
            except OSError as error:
                return f"cores {', '.join(map(str, cores))} could not be assigned: {error.strerror}"
        done |= new
    return ""


def set_nice(pid: int, nice: int) -> str:
    """Give every thread below `pid` this weight (0 usual, 19 weakest); empty, or why not."""
    set_sessions_nice(descendants(pid), nice)
    for thread in _threads_below(pid):
        try:
            if os.getpriority(os.PRIO_PROCESS, thread) != nice:
                os.setpriority(os.PRIO_PROCESS, thread, nice)
        except ProcessLookupError:
            continue
        except PermissionError:
            return "what was made weaker stays so: this user may not make a process stronger"
    return ""


def set_sessions_nice(processes: Iterable[int], nice: int) -> None:
    """Give the sessions of these processes this weight; that of the caller is left alone.

    Where the kernel shares cores among sessions first (autogroup), a thread's nice counts within its session only. Each
    job is a session of its own, and so is a notebook's kernel: there the session's nice is what the others feel.
    """
    own = os.getsid(0)
    for process in processes:
        group = Path(f"/proc/{process}/autogroup")
        with contextlib.suppress(OSError):  # a kernel without, a process that is gone
            if os.getsid(process) != own and not group.read_text().endswith(f" nice {nice}\n"):
                group.write_text(str(nice))


def tell(children: Iterable[Record], *commands: AnyCommand) -> int:
    """Send commands to the runs that a job's code started and that are not over; how many those are."""
    told = 0
    for child in children:
        if child.state in OVER:
            continue
        try:
            for command in commands:
                send(child.path, command)
        except RecordError:  # its disk is full: it cannot be told
            continue
        told += 1
    return told


def set_threads(children: Iterable[Record], count: int) -> int:
    """Ask the job's trainings to compute with so many threads; how many were asked."""
    return tell(children, Set(name="threads", value=count))


def _threads_below(pid: int) -> list[int]:
    return [thread for process in descendants(pid) for thread in threads(process)]
