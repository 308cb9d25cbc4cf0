"""One sample after the other: what each thread was doing, and the seconds since the last one."""

from __future__ import annotations

import sys
import time
from types import FrameType

from ds_notebook.profile.capture.tally import Key, Tally
from ds_notebook.profile.capture.threads import Watched
from ds_notebook.profile.capture.watchlist import MAIN, Watchlist

IDLE_SHARE = 0.02
"""Of a gap: a thread that had a core for less waited."""
COMPUTES = 0.1
"""One that had a core for more may want the GIL, too."""


class Samples:
    """Made by the thread that is the main one."""

    def __init__(self, tally: Tally, base: FrameType | None) -> None:
        """`base` is the frame below which the user's code runs."""
        self.base = base
        self.number = 0
        self.longest_gap_s = 0.0
        self.waits_alone = False
        """Only samples of threads that wait are kept: another sampler has those that run."""
        self.ran: dict[str, tuple[float, float]] = {}
        """Seconds in which each lane did not wait, on the clock and with a core; only counted if `waits_alone`."""
        self.others_compute = False
        """Whether any thread but the main one computed since the sample before."""
        self.threads = Watchlist()
        self._tally = tally
        self._last_s = 0.0
        self._last_key: Key = ()

    def begin(self) -> float:
        """The clock runs from here: seconds of `perf_counter`."""
        self.threads.begin()
        self._last_s = time.perf_counter()
        return self._last_s

    def take(self, now_s: float) -> dict[int, FrameType]:
        """One sample; gives the innermost frame of each thread."""
        gap_s = now_s - self._last_s
        self._last_s = now_s
        self.number += 1
        if gap_s > self.longest_gap_s:
            self.longest_gap_s = gap_s
        threads = self.threads
        frames = sys._current_frames()
        threads.count(frames)
        self.others_compute = False
        for ident, thread in tuple(threads.watched.items()):
            if ident in frames:
                self._add(ident, thread, frames[ident], gap_s)
        return frames

    def _add(self, ident: int, thread: Watched, frame: FrameType | None, gap_s: float) -> None:
        try:
            cpu_s = thread.cpu_s()
        except OSError:  # ended, and its number is already another thread's
            self.threads.forget(ident)
            return
        tally = self._tally
        key: Key = ()
        while frame is not None:
            key = tally.key(frame, self.base)
            if not key or frame.f_lasti == key[1]:
                break
            frame = sys._current_frames().get(ident)  # this thread lost the GIL in between: the other went on
        waits = cpu_s < IDLE_SHARE * gap_s
        self.others_compute |= thread.lane != MAIN and cpu_s >= COMPUTES * gap_s
        if thread.lane == MAIN:
            self._last_key = key
        elif waits and not tally.has_users(key):  # a library's thread that waits for work
            return
        if self.waits_alone and not waits:
            wall_s, all_cpu_s = self.ran.get(thread.lane, (0.0, 0.0))
            self.ran[thread.lane] = (wall_s + gap_s, all_cpu_s + cpu_s)
            return
        tally.add(thread.lane, key, gap_s, cpu_s, thread.disk_s(gap_s, cpu_s))

    def close_last_gap(self) -> None:
        """The main thread has since come back to its profiler: what it did before is what it was last seen at.

        One that has ended is watched no more.
        """
        main = self.threads.watched.get(self.threads.main)
        if main is not None and self._last_key and not self.waits_alone:
            self._tally.add(MAIN, self._last_key, time.perf_counter() - self._last_s, main.cpu_s(), 0.0)

    def close(self) -> None:
        """Give back what the system lent."""
        self.threads.close()
        self.base = None
