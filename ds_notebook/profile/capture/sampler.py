"""The sampler: a hundred times a second it looks at the stacks of the threads.

While the main thread is busy, an alarm on it takes the samples, where the machine has one; a thread of the sampler's
own takes those of a main thread that waits, or shares its core or its GIL with others.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from ds_notebook.profile.capture.alarm import Alarm
from ds_notebook.profile.capture.collector import Collector
from ds_notebook.profile.capture.looks import Looks
from ds_notebook.profile.capture.samples import Samples
from ds_notebook.profile.capture.tally import Tally
from ds_notebook.record.events import Stacks

ASK_EVERY_S = 0.1
"""The thread asks so often who is to take the samples."""
LONGEST_SLEEP_S = 0.05
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
        self.samples = Samples(tally, base)
        self.remarks: list[str] = []
        self.looks = Looks(self.remarks)
        """At frames; taken with a sample by who takes that, so on the main thread in the midst of anything."""
        self.checks = Looks(self.remarks)
        """Of the process, or by what may wait for a lock; always by the thread."""
        self._tally = tally
        self._write = write
        self._period_s = 1 / rate_hz
        self._flush_s = flush_s
        self._over = threading.Event()
        self._collector = Collector()
        self._alarm = Alarm(self._period_s, self._on_alarm)
        self._has_alarm = self._alarm_serves = False
        self._asked_ns = (0, 0)
        """When the thread last asked: on the clock, and in time that the main thread could run."""
        # One of the two at a time: each says that it is at work before it looks at the other. A lock would not do: an
        # interrupt may come between any two instructions of the alarm's, also when it has just taken the lock.
        self._alarm_is_at_work = False
        self._thread_is_at_work = False
        self._alarm_cpu_s = self._thread_cpu_s = 0.0
        self._thread = threading.Thread(target=self._run, name="ds-profile", daemon=True)

    @property
    def cpu_s(self) -> float:
        """Seconds of a core that the samples took, the thread's known at its end."""
        return self._alarm_cpu_s + self._thread_cpu_s

    def start(self) -> None:
        """Returns once the sampler's clock runs."""
        self._began_s = self.samples.begin()
        self._thread.start()
        self._has_alarm = not self.samples.waits_alone and self._alarm.set()

    def stop(self) -> None:
        """The last samples have been written when this returns, and the thread is gone; later calls do nothing."""
        if self._over.is_set() or self._thread.ident is None:
            return
        self._over.set()
        self._alarm.clear()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Give back what the system lent; in a forked child, which has it from its parent, this is all to do."""
        self._alarm.clear()
        self._collector.let_go()
        self.samples.close()

    def _on_alarm(self, main: FrameType) -> None:
        """On the main thread. Nothing is raised here but what interrupts the user's own code."""
        if self._alarm_is_at_work or not self._alarm_serves:
            return
        began_s = time.thread_time()
        try:
            self._alarm_is_at_work = True
            if not self._thread_is_at_work:
                self._collector.hold_for(lambda: self._sample(main, time.perf_counter()))
        except RecursionError:
            pass  # the user's code has nearly come to that by itself; the next sample has this one's time
        except Exception as error:
            self._has_alarm = self._alarm_serves = False
            self.remarks.append(f"The alarm gave up: {type(error).__name__}: {error}.")
        finally:
            self._alarm_is_at_work = False
        self._alarm_cpu_s += time.thread_time() - began_s

    def _run(self) -> None:
        self.samples.threads.profiler = threading.get_ident()
        due_s = self._began_s + self._period_s
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
        self.samples.close_last_gap()
        self._flush()
        self._thread_cpu_s = time.thread_time()

    def _wait_until(self, due_s: float) -> None:
        left_s = max(0.0, due_s - time.perf_counter())
        if left_s > LONGEST_SLEEP_S:
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
                self._collector.hold_for(lambda: self._sample(None, now_s))
            if self.checks.are_due(now_s):
                self._collector.hold_for(lambda: self._call(self.checks, None, now_s))
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
        busy_ns = self.samples.main.clock_ns() + self.samples.main.run_delay_ns()
        self._alarm_serves = busy_ns - self._asked_ns[1] >= BUSY_SHARE * (now_ns - self._asked_ns[0])
        self._asked_ns = now_ns, busy_ns

    def _flush(self) -> None:
        while not self._begins_to_work():
            time.sleep(SHORTEST_TURN_S)
        lanes = self._tally.take()
        self._thread_is_at_work = False
        self._write(self._tally.events(lanes))

    def _sample(self, main: FrameType | None, now_s: float) -> None:
        self.samples.take(main, now_s)
        if self.looks.are_due(now_s):
            self._call(self.looks, main, now_s)

    def _call(self, looks: Looks, main: FrameType | None, now_s: float) -> None:
        main = main or sys._current_frames().get(self.samples.threads.main)
        if main is not None:
            looks.call(main, now_s)
