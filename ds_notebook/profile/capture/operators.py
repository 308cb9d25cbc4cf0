"""torch's operators by their own time, in a window of training steps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ds_notebook.profile.capture.imports import Imports
from ds_notebook.record.events import Stacks

LANE = "operators"
LONGEST_S = 2.0
"""torch keeps an event for each call of an operator, and takes longer to sort them than they took to make."""
MOST = 100
"""Operators that are kept, the longest."""


class Window:
    """From the first step of an optimizer on, so many steps or `LONGEST_S`; `stacks` gives what was seen."""

    def __init__(self, num_steps: int) -> None:
        self._left = num_steps
        self._until_s = 0.0
        self._profiler: Any = None  # a torch.profiler.profile
        self._handle: Any = None

    def install(self) -> None:
        """Begin at the next step: the first one is a warm-up, and the thread that trains must itself begin and end."""
        from torch.optim.optimizer import register_optimizer_step_post_hook

        self._handle = register_optimizer_step_post_hook(lambda *_: self._step())

    def _step(self) -> None:
        if self._profiler is None:
            from torch.profiler import profile

            self._profiler = profile()
            self._until_s = time.perf_counter() + LONGEST_S
            self._profiler.start()
        elif self._left > 0:
            self._left = self._left - 1 if time.perf_counter() < self._until_s else 0
            if self._left == 0:
                self._profiler.stop()

    def end(self) -> None:
        """Take back the hook; the profiler of torch is stopped where the code ended before the window did."""
        if self._handle is not None:
            self._handle.remove()
            self._handle = None
        if self._profiler is not None and self._left > 0:
            self._left = 0
            self._profiler.stop()

    def stacks(self) -> Stacks | None:
        """Operators with their own seconds; None where no optimizer stepped twice."""
        self.end()
        if self._profiler is None:
            return None
        averages = sorted(self._profiler.key_averages(), key=lambda each: -_own_us(each))[:MOST]
        return Stacks(
            frames=[each.key for each in averages],
            stacks=[[i] for i in range(len(averages))],
            weights_s=[round(_own_us(each) / 1e6, 6) for each in averages],
            lane=LANE,
        )


def _own_us(average: Any) -> float:  # a FunctionEventAvg
    return float(average.self_device_time_total or average.self_cpu_time_total)


@contextmanager
def operator_window(num_steps: int, imports: Imports) -> Iterator[Window]:
    """Watches `num_steps` steps; the profiler of torch is at work in these alone."""
    window = Window(num_steps)
    imports.when_loaded("torch.optim.optimizer", window.install)
    try:
        yield window
    finally:
        window.end()
