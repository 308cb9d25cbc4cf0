"""The sampler: a thread that looks at the stacks of the others, a hundred times a second."""

from __future__ import annotations

import gc
import math
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from ds_notebook.profile.capture.tally import Key, Tally
from ds_notebook.profile.capture.threads import Watched, begins, is_standing, watched
from ds_notebook.record.events import Stacks

MAIN = "main"
IDLE_SHARE = 0.02
"""Of a gap: a thread that had a core for less waited."""
LONGEST_SLEEP_S = 0.05
"""The end of a profile waits so long at most."""
RECOUNT = 10
"""Samples after which threads are counted anew, though there are as many as before."""
FIRST_FLUSH_S = 0.25
"""A child that is killed young leaves something."""
FLUSH_SHARE = 0.05
"""Of what a killed process has done, this share may be missing from the record."""

Write = Callable[[list[Stacks]], None]
Look = Callable[[FrameType, float], None]
"""Given the main thread's innermost frame and the time of `perf_counter`."""


@dataclass
class _Timed:
    look: Look
    every_s: float
    due_s: float = 0.0


class Sampler:
    """Takes samples from `start` to `stop`; `write` gets them twice a second at first, and less often later."""

    def __init__(
        self, tally: Tally, write: Write, *, rate_hz: float, base: FrameType | None, flush_s: float = 0.5
    ) -> None:
        """`base` is the frame below which the user's code runs; the calling thread is the main one."""
        self.base = base
        self.waits_alone = False
        """Only samples of threads that wait are kept: another sampler has those that run."""
        self.ran: dict[str, tuple[float, float]] = {}
        """Seconds in which each lane did not wait, on the clock and with a core; only counted if `waits_alone`."""
        self.samples = 0
        self.longest_gap_s = 0.0
        self.cpu_s = 0.0
        self.remarks: list[str] = []
        self._tally = tally
        self._write = write
        self._period_s = 1 / rate_hz
        self._flush_s = flush_s
        self._looks: list[_Timed] = []
        self._main = threading.get_ident()
        self._watched: dict[int, Watched] = {}
        self._standing: set[int] = set()
        """Threads of the kernel's own, and ours."""
        self._num_threads = 0
        self._next_look_s = 0.0
        self._last_key: Key = ()
        self._ending = False
        self._holds_collector = False
        self._thread = threading.Thread(target=self._run, name="ds-profile", daemon=True)

    def look_every(self, every_s: float, look: Look) -> None:
        """Call `look` from the sampler's thread, at most so often; the first time at the next sample."""
        self._looks.append(_Timed(look, every_s))

    def start(self) -> None:
        """Returns once the sampler's clock runs."""
        self._watched[self._main] = Watched(MAIN, threading.get_native_id())
        self._began_s = self._last_s = time.perf_counter()
        self._thread.start()

    def stop(self) -> None:
        """The last samples have been written when this returns, and the thread is gone; later calls do nothing."""
        if self._ending or self._thread.ident is None:
            return
        self._ending = True
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Give back the files of the threads; in a forked child, which has them from its parent, this is all to do."""
        for each in self._watched.values():
            each.close()
        self.base = None

    def _run(self) -> None:
        due_s = self._last_s + self._period_s
        flush_s = self._began_s + FIRST_FLUSH_S
        while not self._ending:
            # a sleep wakes up at two thirds of what a lock with a timeout costs, and the end can wait for it
            time.sleep(min(LONGEST_SLEEP_S, max(0.0, due_s - time.perf_counter())))
            now_s = time.perf_counter()
            if self._ending or now_s < due_s:
                continue
            self._without_collector(now_s)
            # Python lets a waiting thread wait 5 ms for a busy one: the next look is due a period after this
            # one was, not after it came, or 100 Hz would be 67.
            due_s = max(due_s + self._period_s, now_s + self._period_s / 4)
            if now_s >= flush_s:
                self._write(self._tally.events())
                flush_s = now_s + max(self._flush_s, FLUSH_SHARE * (now_s - self._began_s))
        self._close_last_gap()
        self._write(self._tally.events())
        self.cpu_s = time.thread_time()

    def _without_collector(self, now_s: float) -> None:
        """One sample, in which no memory is collected.

        Before 3.12 the allocation of a frame object may start a collection, in it a library's destructor may let go
        of the GIL (torch's do), and the thread that is being looked at goes on: Python then writes into a frame that
        is no more. A training crashed within seconds.
        """
        if not gc.isenabled():
            self._sample(now_s)
            return
        gc.disable()
        self._holds_collector = True
        try:
            self._sample(now_s)
        finally:
            self.let_go_of_collector()

    def let_go_of_collector(self) -> None:
        """Also for a child that was forked in the middle of a sample, where no thread is left to do it."""
        if self._holds_collector:
            self._holds_collector = False
            gc.enable()

    def _sample(self, now_s: float) -> None:
        gap_s = now_s - self._last_s
        self._last_s = now_s
        self.samples += 1
        if gap_s > self.longest_gap_s:
            self.longest_gap_s = gap_s
        frames = sys._current_frames()
        if len(frames) != self._num_threads or self.samples % RECOUNT == 0:
            self._count_threads(frames)
        for ident, thread in tuple(self._watched.items()):
            if ident in frames:
                self._add(ident, thread, frames[ident], gap_s)
        if now_s >= self._next_look_s and (main := frames.get(self._main)) is not None:
            self._look(main, now_s)

    def _add(self, ident: int, thread: Watched, frame: FrameType | None, gap_s: float) -> None:
        try:
            cpu_s = thread.cpu_s()
        except OSError:  # ended, and its number is already another thread's
            del self._watched[ident]
            thread.close()
            return
        tally = self._tally
        key: Key = ()
        while frame is not None:
            key = tally.key(frame, self.base)
            if not key or frame.f_lasti == key[1]:
                break
            frame = sys._current_frames().get(ident)  # this thread lost the GIL in between: the other went on
        waits = cpu_s < IDLE_SHARE * gap_s
        if thread.lane == MAIN:
            self._last_key = key
        elif waits and not tally.has_users(key):  # a library's thread that waits for work
            return
        if self.waits_alone and not waits:
            wall_s, all_cpu_s = self.ran.get(thread.lane, (0.0, 0.0))
            self.ran[thread.lane] = (wall_s + gap_s, all_cpu_s + cpu_s)
            return
        tally.add(thread.lane, key, gap_s, cpu_s, thread.disk_s(gap_s, cpu_s))

    def _look(self, main: FrameType, now_s: float) -> None:
        """All looks that are due."""
        for each in self._looks[:]:
            if now_s < each.due_s:
                continue
            each.due_s = now_s + each.every_s
            try:
                each.look(main, now_s)
            except Exception as error:  # what a look met in the user's objects ends that look alone
                self._looks.remove(each)
                name = getattr(each.look, "__qualname__", type(each.look).__name__)
                self.remarks.append(f"{name} gave up: {type(error).__name__}: {error}.")
        self._next_look_s = min((each.due_s for each in self._looks), default=math.inf)

    def _count_threads(self, frames: dict[int, FrameType]) -> None:
        """Forget those that have ended, meet those that were not there before: their time counts from here on."""
        for ident in self._watched.keys() - frames.keys():
            self._watched.pop(ident).close()
        self._standing &= frames.keys()
        for ident in frames.keys() - self._watched.keys() - self._standing:
            frame = frames[ident]
            if begins(frame):
                continue
            if ident == threading.get_ident() or is_standing(frame):
                self._standing.add(ident)
                continue
            with suppress(OSError):  # it has ended since
                self._watched[ident] = watched(ident, {each.lane for each in self._watched.values()})
        self._num_threads = len(self._watched) + len(self._standing)

    def _close_last_gap(self) -> None:
        """The main thread has since come back to its profiler: what it did before is what it was last seen at."""
        main = self._watched.get(self._main)
        if self._last_key and main is not None and not self.waits_alone:
            self._tally.add(MAIN, self._last_key, time.perf_counter() - self._last_s, main.cpu_s(), 0.0)
