"""The learning-rate range test (Smith, 2017): the rate rises from step to step, and the loss says which ones serve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from ds_notebook.errors import UsageError

MIN_STEPS = 20
_SMOOTHING = 0.9
_TOO_HIGH = 4.0
"""Past so many times the best loss the test has seen enough."""


class Suggestion(NamedTuple):
    """The rate at which the loss fell fastest, None where it did not clearly fall, and a sentence that says so."""

    rate: float | None
    sentence: str


class RangeTest:
    """One test: `rate(step)` for each of `num_steps` steps, `add(loss)` after each.

    The rates go from `start` to `end` in equal factors. Raises UsageError for rates and counts that make no test.
    """

    def __init__(self, start: float = 1e-6, end: float = 1.0, num_steps: int = 100) -> None:
        if not 0 < start < end < math.inf:
            raise UsageError(f"A range of learning rates goes from above 0 to a higher one, got {start} to {end}.")
        if num_steps < MIN_STEPS:
            raise UsageError(f"A range test takes at least {MIN_STEPS} steps, got {num_steps}. 100 is usual.")
        self.num_steps = num_steps
        self.should_stop = False
        """All steps are done, or the loss has become NaN, infinite or far too high: higher rates show nothing more."""
        self._start = start
        self._factor = (end / start) ** (1 / (num_steps - 1))
        self._losses: list[float] = []
        self._mean = 0.0
        self._best = math.inf

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        return self._start * math.pow(self._factor, step)

    def add(self, loss: float) -> None:
        """Take in the loss of the next step."""
        self._losses.append(loss)
        self._mean = _SMOOTHING * self._mean + (1 - _SMOOTHING) * loss
        smoothed = self._mean / (1 - _SMOOTHING ** len(self._losses))
        self._best = min(self._best, smoothed)
        limit = self._best + (_TOO_HIGH - 1) * abs(self._best)
        # a loss that has fallen to almost nothing may rise fourfold and be fine: it must be above the first one too
        diverged = not math.isfinite(loss) or smoothed > max(limit, self._losses[0])
        self.should_stop = diverged or len(self._losses) >= self.num_steps

    def suggestion(self) -> Suggestion:
        """What the losses so far say."""
        return suggestion([self.rate(step) for step in range(len(self._losses))], self._losses)


def suggestion(rates: Sequence[float], losses: Sequence[float]) -> Suggestion:
    """Where the loss falls fastest over the logarithm of the rate: a line is fitted to each tenth of the steps.

    A fitted line lags behind nothing, as a running mean would: with a mean of ten steps the rate would come out
    several times too high.
    """
    pairs = [(math.log10(rate), loss) for rate, loss in zip(rates, losses, strict=True)]
    num_finite = next((at for at, (_, loss) in enumerate(pairs) if not math.isfinite(loss)), len(pairs))
    width = max(5, num_finite // 10)
    windows = [_fit(pairs[at : at + width]) for at in range(num_finite - width + 1)]
    if len(windows) <= width:
        return Suggestion(None, f"The test ended after {len(losses)} steps, too few to suggest a learning rate.")
    best = min(range(len(windows)), key=lambda at: windows[at].mean)
    if windows[0].mean - windows[best].mean <= 2 * _noise([loss for _, loss in pairs[:num_finite]]):
        return Suggestion(
            None, f"The loss did not clearly fall between {rates[0]:.2g} and {rates[len(pairs) - 1]:.2g}."
        )
    steepest = min(windows[: best + 1], key=lambda window: window.slope)
    rate, lowest = (10**window.log_rate for window in (steepest, windows[best]))
    return Suggestion(rate, f"The loss fell fastest at a learning rate of {rate:.2g}, and was lowest at {lowest:.2g}.")


class _Window(NamedTuple):
    """Steps in a row: their middle, their mean loss, and the slope of a line through them."""

    log_rate: float
    mean: float
    slope: float


def _fit(pairs: Sequence[tuple[float, float]]) -> _Window:
    log_rate, mean = fmean(x for x, _ in pairs), fmean(loss for _, loss in pairs)
    spread = sum((x - log_rate) ** 2 for x, _ in pairs)
    slope = sum((x - log_rate) * (loss - mean) for x, loss in pairs) / spread if spread else 0.0
    return _Window(log_rate, mean, slope)


def _noise(losses: Sequence[float]) -> float:
    """The deviation of a loss from its neighbours', whatever its course: from the median jump, of normal noise."""
    return median(abs(after - before) for before, after in pairwise(losses)) / 0.954
