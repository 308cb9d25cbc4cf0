"""The sampler: a thread that looks at the stacks of the others, a hundred times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import FrameType

from ds_notebook.profile.capture.collector import Collector
from ds_notebook.profile.capture.looks import Looks
from ds_notebook.profile.capture.samples import Samples
from ds_notebook.profile.capture.tally import Tally
from ds_notebook.profile.capture.turn import Turn, wake_in_time
from ds_notebook.record.events import Stacks

LONGEST_SLEEP_S = 0.05
"""The end of a profile waits so long at most."""
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
        """Taken right after a sample."""
        self.cpu_s = 0.0
        """Seconds of a core that the thread took; known once it has ended."""
        self._tally = tally
        self._write = write
        self._period_s = 1 / rate_hz
        self._flush_s = flush_s
        self._ending = False
        self._collector = Collector()
        self._turn = Turn()
        self._thread = threading.Thread(target=self._run, name="ds-profile", daemon=True)

    def start(self) -> None:
        """Returns once the sampler's clock runs."""
        self._began_s = self.samples.begin()
        self._turn.take(alone=not self.samples.waits_alone)  # py-spy needs no turn
        self._thread.start()

    def stop(self) -> None:
        """The last samples have been written when this returns, and the thread is gone; later calls do nothing."""
        if self._ending or self._thread.ident is None:
            return
        self._ending = True
        try:
            self._thread.join()
        finally:  # an interrupt ends the wait, not what the system lent
            self.close()

    def close(self) -> None:
        """Give back what the system lent; in a forked child, which has it from its parent, this is all to do."""
        self._collector.let_go()
        self._turn.give_back()
        self.samples.close()

    def _run(self) -> None:
        self.samples.threads.profiler = threading.get_ident()
        wake_in_time()
        due_s = self._began_s + self._period_s
        flush_s = self._began_s + FIRST_FLUSH_S
        while not self._ending:
            # a sleep wakes up at two thirds of what a lock with a timeout costs, and the end can wait for it
            time.sleep(min(LONGEST_SLEEP_S, max(0.0, due_s - time.perf_counter())))
            now_s = time.perf_counter()
            if self._ending or now_s < due_s:
                continue
            self._collector.hold_for(self._sample)
            self._turn.take(alone=not (self.samples.waits_alone or self.samples.others_compute))
            # The thread that runs may take its time to give the GIL up: the next look is due a period after this
            # one was, not after it came, or 100 Hz would be fewer.
            due_s = max(due_s + self._period_s, now_s + self._period_s / 4)
            if now_s >= flush_s:
                self._write(self._tally.events())
                flush_s = now_s + max(self._flush_s, FLUSH_SHARE * (now_s - self._began_s))
        self.samples.close_last_gap()
        self._write(self._tally.events())
        self.cpu_s = time.thread_time()

    def _sample(self) -> None:
        now_s = time.perf_counter()
        frames = self.samples.take(now_s)
        main = frames.get(self.samples.threads.main)
        if main is not None and self.looks.are_due(now_s):
            self.looks.call(main, now_s)
