"""`--micro-batch auto`: how many samples at a time are fastest, among the sizes that fit into memory.

A container kills where it could refuse, so nothing is tried that is not predicted to fit: sizes go up by doubling, and
each one's peak is foreseen from those below it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import linear_regression
from typing import NamedTuple

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ds_notebook.record.events import Decision
from ds_notebook.train.batch import Parts
from ds_notebook.train.micro_batch_trials import MicroBatchTrials, in_mb, in_samples
from ds_notebook.train.state import TrainingState

TIE = 0.03
"""A larger size must be faster by this share."""
SETTLING = 1.25
"""What samples take in a long training, in parts of the first passes: malloc's gaps grow for about ten of them."""
NOISE_BYTES = 16 << 20
_PATIENCE_S = 2.0
_CONTENDER = 0.85
_MAX_TURNS = 5
_TURNS_S = 1.0


class Tried(NamedTuple):
    """One size: samples a second in steps with their update, and the peak in bytes as foreseen and in the trial."""

    size: int
    samples_per_s: float
    predicted_bytes: int
    peak_bytes: int


def fit_micro_batch(state: TrainingState, batch: Parts, available_bytes: int | None = None) -> Decision:
    """Set `state.step.micro_batch` to the fastest size that fits (None: the whole batch); all else is as before.

    `available_bytes` is what the training may take besides what it holds now; left out, what is free on its device.
    Raises UsageError where one sample is too much, with what would be needed, and where free memory is not known.
    """
    fit = _Fit(state, batch, available_bytes)
    best = fit.best()
    state.step.micro_batch = None if best.size == fit.trials.batch_size else best.size
    return fit.decision(best)


# -- what follows from the sizes tried


def candidates(batch_size: int, *, statistics: bool) -> list[int]:
    """Parts of a batch, from small to large; with batch statistics none that may leave one sample alone."""
    sizes = sorted({-(-batch_size // (1 << power)) for power in range(batch_size.bit_length() + 1)})
    if not statistics:
        return sizes
    return [each for each in sizes if each > 2] or [batch_size]


def predicted_peak(points: Sequence[tuple[int, int]], floor_bytes: int, size: int) -> int:
    """Bytes at `size` samples at a time in a long training, from one or more `points` (samples, peak) up to it.

    A straight line is laid through them all and `floor_bytes`, where no sample is held; from the last point, where that
    lies above the line, its slope is followed.
    """
    (sizes, peaks) = zip((0, floor_bytes), *points, strict=True)
    slope, at_zero = linear_regression(sizes, peaks)
    in_passes = max(at_zero + slope * size, peaks[-1] + max(0.0, slope) * (size - sizes[-1]))
    return int(floor_bytes + SETTLING * max(0.0, in_passes - floor_bytes)) + NOISE_BYTES


def fastest(tried: Sequence[Tried]) -> Tried:
    """The best throughput; the smallest of those that come within TIE of it. `tried` goes from small to large."""
    most = max(each.samples_per_s for each in tried)
    return next(each for each in tried if each.samples_per_s * (1 + TIE) >= most)


# -- the search


class _Fit:
    """Goes up through the sizes as far as memory is foreseen to reach."""

    def __init__(self, state: TrainingState, batch: Parts, available_bytes: int | None) -> None:
        self._start_s = time.perf_counter()
        self._model = state.model
        self.trials = MicroBatchTrials(state, batch, available_bytes)
        self.tried: list[Tried] = []
        self._first = 0, 0

    def best(self) -> Tried:
        """Try, and choose."""
        sizes = candidates(self.trials.batch_size, statistics=_has_batch_statistics(self._model))
        with self.trials.undone():
            self._first = sizes[0], self.trials.prepare(sizes[0])
            self._go_up(sizes)
            self._take_turns()
        fitting = [each for each in self.tried if self._peak(each) <= self.trials.allowed_bytes]
        if not fitting:
            held_bytes = 0 if self.tried else self.trials.held_bytes
            needed_bytes = held_bytes + (self._peak(self.tried[0]) if self.tried else self._foreseen(sizes[0]))
            raise self.trials.too_much(needed_bytes, f"{in_samples(sizes[0])} at a time")
        return fastest(fitting)

    def _go_up(self, sizes: Sequence[int]) -> None:
        trials = self.trials
        for size in sizes:
            predicted_bytes = self._foreseen(size)
            if predicted_bytes + trials.held_bytes > trials.allowed_bytes or self._gains_no_more():
                return
            if (measured := trials.measure(size)) is None:
                return
            speed = self._samples_per_s(measured.sample_s)
            self.tried.append(Tried(size, speed, predicted_bytes, measured.peak_bytes))

    def _gains_no_more(self) -> bool:
        """Whether the last two sizes were no faster than those before, and enough time was spent on the search."""
        if len(self.tried) < 4 or time.perf_counter() - self._start_s < _PATIENCE_S:
            return False
        speeds = [each.samples_per_s for each in self.tried]
        return max(speeds[-2:]) < (1 + TIE) * max(speeds[:-2])

    def _take_turns(self) -> None:
        """Time those near the best again, in turns, so that a busy machine slows all alike."""
        most = max((each.samples_per_s for each in self.tried), default=0.0)
        places = [place for place, each in enumerate(self.tried) if each.samples_per_s >= _CONTENDER * most]
        round_s = sum(self.tried[place].size for place in places) / most if places else 0.0
        end_s = time.perf_counter() + _TURNS_S
        for _ in range(_MAX_TURNS):
            if len(places) < 2 or time.perf_counter() + round_s > end_s:
                return
            for place in places:
                each = self.tried[place]
                speed = self._samples_per_s(self.trials.pass_s(each.size) / each.size)
                self.tried[place] = each._replace(samples_per_s=max(speed, each.samples_per_s))

    def _samples_per_s(self, sample_s: float) -> float:
        batch_size = self.trials.batch_size
        return batch_size / (batch_size * sample_s + self.trials.update_s)

    def _foreseen(self, size: int) -> int:
        points = [(each.size, each.peak_bytes) for each in self.tried] or [self._first]
        return max(self.trials.update_bytes + NOISE_BYTES, predicted_peak(points, self.trials.floor_bytes, size))

    def _peak(self, tried: Tried) -> int:
        """As foreseen for a long training once the size itself was tried; that took too few steps to promise less."""
        peak_bytes = predicted_peak([(tried.size, tried.peak_bytes)], self.trials.floor_bytes, tried.size)
        return max(self.trials.update_bytes + NOISE_BYTES, tried.predicted_bytes, peak_bytes)

    # -- what is said of it

    def decision(self, best: Tried) -> Decision:
        """What was chosen and why, with all that was measured."""
        trials = self.trials
        return Decision(
            policy="micro-batch",
            subject=type(self._model).__name__,
            verdict=f"{best.size} of {trials.batch_size}",
            reason=self._reason(best),
            evidence={
                "samples_per_s": {str(each.size): each.samples_per_s for each in self.tried},
                "predicted_bytes": {str(each.size): each.predicted_bytes for each in self.tried},
                "peak_bytes": {str(each.size): each.peak_bytes for each in self.tried},
                "training_peak_bytes": self._peak(best),
                "limit_bytes": trials.limit_bytes,
                "headroom_bytes": trials.headroom_bytes,
                "held_bytes": trials.held_bytes,
                "update_s": trials.update_s,
                "trial_s": time.perf_counter() - self._start_s,
            },
        )

    def _reason(self, best: Tried) -> str:
        num_parts = -(-self.trials.batch_size // best.size)
        how = (
            "the whole batch at once"
            if num_parts == 1
            else f"{in_samples(best.size)} at a time, {num_parts} times a step"
        )
        memory = f"predicted peak {in_mb(self._peak(best))} of {in_mb(self.trials.limit_bytes)}"
        said = f"{how}: {best.samples_per_s:.4g} samples/s, the fastest that fits ({memory})"
        if num_parts > 1 and _has_batch_statistics(self._model):
            said += f". The model's batch statistics are taken over {in_samples(best.size)}, not over the whole batch"
        return said


def _has_batch_statistics(model: nn.Module) -> bool:
    return any(isinstance(module, _BatchNorm) for module in model.modules())
