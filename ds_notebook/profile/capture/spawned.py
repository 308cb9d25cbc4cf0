"""Processes that multiprocessing starts with a Python of their own (spawn, forkserver): each samples its target."""

from __future__ import annotations

import multiprocessing.process as process
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_start_method
from typing import Any

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.sampler import Sampler
from ds_notebook.profile.capture.tally import Tally
from ds_notebook.profile.capture.writer import FLUSH_S, writer
from ds_notebook.record.run import Run


@dataclass(frozen=True)
class Sampled:
    """A process's target, and the profile it belongs to; sent to the process like the target itself."""

    run: Run
    rate_hz: float
    target: Callable[..., object]

    def __call__(self, *args: Any, **named: Any) -> None:
        """In the child: what the target does is written beside what its parent does."""
        sampler = Sampler(
            Tally(Places()), writer(self.run), rate_hz=self.rate_hz, base=sys._getframe(), flush_s=FLUSH_S
        )
        sampler.start()
        try:
            self.target(*args, **named)
        finally:
            sampler.stop()


@contextmanager
def sampled_spawned(run: Run, rate_hz: float) -> Iterator[None]:
    """In this block each process that is started by another way than a fork gets a sampler of its own."""
    start = process.BaseProcess.start

    def start_sampled(self: Any) -> None:
        target, method = self._target, self._start_method or get_start_method()
        if target is None or method == "fork":  # without one a subclass has a `run` of its own: it is left as it is
            start(self)
            return
        self._target = Sampled(run, rate_hz, target)
        try:
            start(self)
        finally:
            self._target = target

    process.BaseProcess.start = start_sampled  # type: ignore[method-assign]
    try:
        yield
    finally:
        process.BaseProcess.start = start  # type: ignore[method-assign]
