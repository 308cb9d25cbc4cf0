"""Which threads are the user's, and what each did between two samples: clocks and states of the system."""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from collections.abc import Container
from types import FrameType

STANDING = ("ipykernel", "IPython", "zmq", "tornado", "jupyter_client", "debugpy", "pydevd", "tqdm", "ds_notebook")
"""Packages whose threads stand in a kernel and are not the user's work."""
_BUSY = 0.1
"""A thread with a core for this share of a gap did not wait for a disk."""
_ASK_EVERY = 3
"""Idle gaps from one question to the next, while the answer is no: it costs as much as the rest of a sample."""


class Watched:
    """A thread whose stacks are taken; raises OSError where the system knows no such thread, or no longer."""

    def __init__(self, lane: str, number: int | None) -> None:
        """`number` is the system's, None where it is not known: then its clock is not, either."""
        self.lane = lane
        self._clock: int | None = None
        self._stat: int | None = None
        self._cpu_ns = 0
        self._idle_gaps = 0
        self._on_disk = False
        if number is not None and sys.platform == "linux":
            # As Linux makes a clock's number. `time.pthread_getcpuclockid` would take the process down where the
            # thread has just ended, and it may: this thread can lose the GIL at any time.
            self._clock = (~number << 3) | 6
            self._cpu_ns = time.clock_gettime_ns(self._clock)
            self._stat = _open(f"/proc/self/task/{number}/stat")

    def cpu_s(self) -> float:
        """Seconds with a core since the last call; raises OSError once the thread is gone."""
        if self._clock is None:
            return 0.0
        before, self._cpu_ns = self._cpu_ns, time.clock_gettime_ns(self._clock)
        return (self._cpu_ns - before) / 1e9

    def waits_for_disk(self) -> bool:
        """Whether the system says that the thread sleeps until a disk answers."""
        if self._stat is None:
            return False
        try:
            stat = os.pread(self._stat, 256, 0)
        except OSError:  # the thread has ended
            return False
        return stat[stat.rfind(b")") + 2 : stat.rfind(b")") + 3] == b"D"

    def disk_s(self, wall_s: float, cpu_s: float) -> float:
        """Seconds of a gap in which the thread waited for a disk, as far as one look can tell."""
        if cpu_s >= _BUSY * wall_s:
            return 0.0
        self._idle_gaps += 1
        if self._on_disk or self._idle_gaps % _ASK_EVERY == 1:
            self._on_disk = self.waits_for_disk()
        return wall_s - cpu_s if self._on_disk else 0.0

    def close(self) -> None:
        """Give the file back."""
        if self._stat is not None:
            os.close(self._stat)
            self._stat = None


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None


def watched(ident: int, taken: Container[str]) -> Watched:
    """The thread of this number of Python's; its lane is none of those that are taken. Raises OSError as `Watched`."""
    thread = threading._active.get(ident)  # type: ignore[attr-defined]  # `enumerate` takes a lock that may be held
    lane = f"thread {thread.name if thread else ident}"
    numbered = itertools.chain([lane], (f"{lane} {i}" for i in itertools.count(2)))
    free = next(name for name in numbered if name not in taken)
    return Watched(free, thread.native_id if thread else None)


def begins(frame: FrameType) -> bool:
    """Whether a thread is still on its way to what it is to do."""
    walked: FrameType | None = frame
    while walked is not None and walked.f_code.co_filename.endswith("threading.py"):
        walked = walked.f_back
    return walked is None


def is_standing(frame: FrameType) -> bool:
    """Whether the thread of this frame belongs to the kernel, or to us: what it began with says so."""
    begun: FrameType | None = None
    walked: FrameType | None = frame
    while walked is not None:
        if not walked.f_code.co_filename.endswith("threading.py"):
            begun = walked
        walked = walked.f_back
    return begun is not None and package_of(begun) in STANDING


def package_of(frame: FrameType) -> str:
    """The package whose code a frame runs."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
