"""The sampler: a hundred times a second it looks at the stacks of the threads.

While the main thread is busy, an alarm on it takes the samples, where the machine has one; a thread of the sampler's
own takes those of a main thread that waits, or shares its core or its GIL with others.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from ds_notebook.profile.capture.alarm import Alarm
from ds_notebook.profile.capture.looks import Looks
from ds_notebook.profile.capture.tally import Key, Tally
from ds_notebook.profile.capture.threads import Watched
from ds_notebook.profile.capture.watchlist import MAIN, Watchlist
from ds_notebook.record.events import Stacks

IDLE_SHARE = 0.02
"""Of a gap: a thread that had a core for less waited."""
ASK_EVERY_S = 0.1
"""The thread asks so often who is to take the samples."""
BUSY_SHARE = 0.95
"""Of the time: a main thread that could run for less waited, and an alarm that rings when it runs would not see it."""
SHORTEST_TURN_S = 0.001
"""The thread comes back after so long where it met the alarm in the middle of a sample."""
FIRST_FLUSH_S = 0.25
"""A child that is killed young leaves something."""
FLUSH_SHARE = 0.05
"""Of what a killed process has done, this share may be missing from the record."""

Write = Callable[[list[Stacks]], None]


class Sampler:
    """Takes samples from `start` to `stop`; `write` gets them twice a second at first, and less often later."""

    def __init__(
        self,
        tally: Tally,
        write: Write,
        *,
        rate_hz: float,
        base: FrameType | None,
        flush_s: float = 0.5,
    ) -> None:
        """`base` is the frame below which the user's code runs; the calling thread is the main one."""
        self.base = base
        self.waits_alone = False
        """Only samples of threads that wait are kept: another sampler has those that run."""
        self.ran: dict[str, tuple[float, float]] = {}
        """Seconds in which each lane did not wait, on the clock and with a core; only counted if `waits_alone`."""
        self.samples = 0
        self.longest_gap_s = 0.0
        self.remarks: list[str] = []
        self.looks = Looks(self.remarks)
        self._tally = tally
        self._write = write
        self._period_s = 1 / rate_hz
        self._flush_s = flush_s
        self._last_key: Key = ()
        self._over = threading.Event()
        self._holds_collector = False
        self._alarm = Alarm(self._period_s, self._on_alarm)
        self._has_alarm = self._alarm_serves = False
        self._asked_ns = (0, 0)
        """When the thread last asked: on the clock, and in time that the main thread could run."""
        # One of the two at a time: each says that it is at work before it looks at the other. A lock would not do: an
        # interrupt may come between any two instructions of the alarm's, also when it has just taken the lock.
        self._alarm_is_at_work = False
        self._thread_is_at_work = False
        self._alarm_cpu_s = self._thread_cpu_s = 0.0
        self._threads = Watchlist()
        self._thread = threading.Thread(target=self._run, name="ds-profile", daemon=True)

    @property
    def cpu_s(self) -> float:
        """Seconds of a core that the samples took, the thread's known at its end."""
        return self._alarm_cpu_s + self._thread_cpu_s

    def start(self) -> None:
        """Returns once the sampler's clock runs."""
        self._threads.begin()
        self._began_s = self._last_s = time.perf_counter()
        self._thread.start()
        self._has_alarm = not self.waits_alone and self._alarm.set()

    def stop(self) -> None:
        """The last samples have been written when this returns, and the thread is gone; later calls do nothing."""
        if self._over.is_set() or self._thread.ident is None:
            return
        self._over.set()
        self._alarm.clear()
        self._thread.join()
        self.let_go_of_collector()
        self.close()

    def close(self) -> None:
        """Give back what the system lent; in a forked child, which has it from its parent, this is all to do."""
        self._alarm.clear()
        self._threads.close()
        self.base = None

    def _on_alarm(self, main: FrameType) -> None:
        """On the main thread. Nothing is raised here but what interrupts the user's own code."""
        if self._alarm_is_at_work or not self._alarm_serves:
            return
        began_s = time.thread_time()
        try:
            self._alarm_is_at_work = True
            if not self._thread_is_at_work:
                self._without_collector(lambda: self._sample(main, time.perf_counter()))
        except RecursionError:
            pass  # the user's code has nearly come to that by itself; the next sample has this one's time
        except Exception as error:
            self._alarm.clear()
            self.remarks.append(f"The alarm gave up: {type(error).__name__}: {error}.")
        finally:
            self._alarm_is_at_work = False
        self._alarm_cpu_s += time.thread_time() - began_s

    def _run(self) -> None:
        self._threads.profiler = threading.get_ident()
        due_s = self._last_s + self._period_s
        flush_s = self._began_s + FIRST_FLUSH_S
        while not self._over.is_set():
            self._wait_until(due_s)
            now_s = time.perf_counter()
            if self._over.is_set() or now_s < due_s:
                continue
            due_s = self._take_turn(now_s, due_s)
            if now_s >= flush_s:
                self._flush()
                flush_s = now_s + max(self._flush_s, FLUSH_SHARE * (now_s - self._began_s))
        self._close_last_gap()
        self._flush()
        self._thread_cpu_s = time.thread_time()

    def _wait_until(self, due_s: float) -> None:
        left_s = max(0.0, due_s - time.perf_counter())
        if left_s > self._period_s:
            self._over.wait(left_s)
        else:  # a sleep wakes up at two thirds of what a lock with a timeout costs, and the end can wait for it
            time.sleep(left_s)

    def _take_turn(self, now_s: float, due_s: float) -> float:
        """One sample, or none where the alarm takes them; when the next turn is due."""
        if not self._begins_to_work():
            return now_s + SHORTEST_TURN_S
        try:
            self._choose()
            if not self._alarm_serves:
                self._without_collector(lambda: self._sample(None, now_s))
            if self.looks.are_due(now_s):
                self._without_collector(lambda: self._look(now_s))
        finally:
            self._thread_is_at_work = False
        if self._alarm_serves:
            return now_s + ASK_EVERY_S
        # Python lets a waiting thread wait 5 ms for a busy one: the next look is due a period after this
        # one was, not after it came, or 100 Hz would be 67.
        return max(due_s + self._period_s, now_s + self._period_s / 4)

    def _begins_to_work(self) -> bool:
        """Whether the thread may; the alarm then leaves the samples alone."""
        self._thread_is_at_work = True
        if self._alarm_is_at_work:
            self._thread_is_at_work = False
        return self._thread_is_at_work

    def _choose(self) -> None:
        """Who takes the samples from here on: the alarm while the main thread is busy."""
        now_ns = time.perf_counter_ns()
        if not self._has_alarm or now_ns - self._asked_ns[0] < ASK_EVERY_S * 1e9:
            return
        main = self._threads.watched[self._threads.main]
        busy_ns = main.clock_ns() + main.run_delay_ns()
        self._alarm_serves = busy_ns - self._asked_ns[1] >= BUSY_SHARE * (now_ns - self._asked_ns[0])
        self._asked_ns = now_ns, busy_ns

    def _flush(self) -> None:
        while not self._begins_to_work():
            time.sleep(SHORTEST_TURN_S)
        lanes = self._tally.take()
        self._thread_is_at_work = False
        self._write(self._tally.events(lanes))

    def _without_collector(self, act: Callable[[], None]) -> None:
        """Look at frames while no memory is collected.

        Before 3.12 the allocation of a frame object may start a collection, in it a library's destructor may let go
        of the GIL (torch's do), and the thread that is being looked at goes on: Python then writes into a frame that
        is no more. A training crashed within seconds.
        """
        self.let_go_of_collector()  # an interrupt may have come between two instructions of the last sample's end
        if not gc.isenabled():
            act()
            return
        self._holds_collector = True
        try:
            gc.disable()
            act()
        finally:
            self.let_go_of_collector()

    def let_go_of_collector(self) -> None:
        """Also for a child that was forked in the middle of a sample, where no thread is left to do it."""
        if self._holds_collector:
            self._holds_collector = False
            gc.enable()

    def _sample(self, main: FrameType | None, now_s: float) -> None:
        """`main` is the main thread's frame where it is known: it stands still."""
        gap_s = now_s - self._last_s
        self._last_s = now_s
        self.samples += 1
        if gap_s > self.longest_gap_s:
            self.longest_gap_s = gap_s
        threads = self._threads
        is_to_count = threads.count_is_due()
        if main is not None and not is_to_count and len(threads.watched) == 1:
            self._add(threads.main, threads.watched[threads.main], main, gap_s)
            return
        frames = sys._current_frames()
        if main is not None:
            frames[threads.main] = main
        if is_to_count:
            threads.count(frames)
        for ident, thread in tuple(threads.watched.items()):
            if ident in frames:
                self._add(ident, thread, frames[ident], gap_s)

    def _look(self, now_s: float) -> None:
        main = sys._current_frames().get(self._threads.main)
        if main is not None:
            self.looks.call(main, now_s)

    def _add(self, ident: int, thread: Watched, frame: FrameType | None, gap_s: float) -> None:
        try:
            cpu_s = thread.cpu_s()
        except OSError:  # ended, and its number is already another thread's
            self._threads.forget(ident)
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

    def _close_last_gap(self) -> None:
        """The main thread has since come back to its profiler: what it did before is what it was last seen at."""
        main = self._threads.watched.get(self._threads.main)
        if self._last_key and main and not self.waits_alone:
            self._tally.add(MAIN, self._last_key, time.perf_counter() - self._last_s, main.cpu_s(), 0.0)
