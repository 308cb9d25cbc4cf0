"""Trying micro-batches on a training's own batch: how fast each size is, and the peak of memory that it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from ds_notebook.errors import UsageError
from ds_notebook.train.batch import Parts, first, num_samples
from ds_notebook.train.fitting_step import is_out_of_memory
from ds_notebook.train.gauge import gauge_of
from ds_notebook.train.modes import Modes
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step, in_channels_last
from ds_notebook.train.trials import clock_of

_MIN_HEADROOM_BYTES = 32 << 20
_HEADROOM = 0.05
_MAX_PASSES = 6
_ENOUGH_S = 0.05
_LONG_S = 1.0
_STILL = 0.005


class Measured(NamedTuple):
    """Seconds a sample, and the peak of the device's memory in bytes, without what is only held for the trials."""

    sample_s: float
    peak_bytes: int


class MicroBatchTrials:
    """Runs parts of `batch`; whatever it runs is undone. `available_bytes` as in `fit_micro_batch`."""

    def __init__(self, state: TrainingState, batch: Parts, available_bytes: int | None) -> None:
        self._state = state
        self._batch = Parts(in_channels_last(batch.inputs), batch.targets) if state.step.channels_last else batch
        self._pieces: dict[int, Parts] = {}
        self._gauge = gauge_of(state.device)
        self._gauge.tidy()
        self._start_bytes = self._gauge.used()
        self.batch_size = num_samples(batch)
        self.limit_bytes = self._gauge.limit() if available_bytes is None else self._start_bytes + available_bytes
        """What this process, or on a GPU torch, may have in all."""
        self.headroom_bytes = max(_MIN_HEADROOM_BYTES, int(_HEADROOM * self.limit_bytes))
        self.held_bytes = 0
        """The copy from which everything is put back: a training has none, so no peak counts it."""
        self.floor_bytes = 0
        """Weights, gradients, the optimizer's state and the process itself: all but what grows with the samples."""
        self.update_bytes = 0
        """The peak of an update of the weights."""
        self.update_s = 0.0

    @property
    def allowed_bytes(self) -> int:
        """The limit less the headroom."""
        return self.limit_bytes - self.headroom_bytes

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is tried in this block leaves no trace."""
        copies_bytes = self._start_bytes + self._state.undoing_bytes()
        self._check(copies_bytes, "the weights, their gradients and a copy to put them back from")
        with self._state.undone():
            Modes(self._state.model).train()
            # uncompiled: compiling takes longer than all trials together, and again for each size
            self._state.step.model = self._state.model
            self.held_bytes = max(0, self._gauge.used() - self._start_bytes)
            yield
        self._gauge.tidy()

    def prepare(self, num_samples: int) -> int:
        """A first step with so few samples: libraries load, the optimizer makes its state, and the floor is measured.

        Returns the peak of its pass in bytes. Raises UsageError where that is too much already.
        """
        try:
            with self._stopped_in_time():
                self._pass(num_samples)
            self._check(self._gauge.used() + self._first_update_bytes(), "the optimizer's state")
            peak_bytes = self._measure_update(num_samples)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise self.too_much(self.allowed_bytes, f"a pass of {in_samples(num_samples)}") from None
        self._gauge.tidy()
        self.floor_bytes = self._gauge.used() - self.held_bytes + self._gradients_bytes()
        return peak_bytes

    def measure(self, num_samples: int) -> Measured | None:
        """A pass to warm up and two that count: one if long, more while the peak grows. None where memory ran out."""
        self._gauge.tidy()
        self._state.step.optimizer.zero_grad()
        try:
            with self._gauge.peak() as peak:
                pass_s = self._settled_s(num_samples, peak)
                return Measured(pass_s / num_samples, peak() - self.held_bytes)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return None

    def pass_s(self, num_samples: int) -> float:
        """Seconds that the gradients of so many samples take."""
        clock = clock_of(self._state.device)
        clock.mark()
        self._pass(num_samples)
        clock.mark()
        return clock.intervals_s()[0]

    def too_much(self, needed_bytes: int, what: str) -> UsageError:
        """The error where memory does not reach for `what`."""
        return UsageError(
            f"Memory does not reach for {what}: {in_mb(needed_bytes)} or more are needed, and "
            f"{in_mb(self.limit_bytes)} can be had, of which {in_mb(self.headroom_bytes)} "
            "are kept free. Take a smaller model or --recompute."
        )

    # -- passes

    def _settled_s(self, num_samples: int, peak: Callable[[], int]) -> float:
        start_s, last_bytes, passes_s = time.perf_counter(), 0, []
        for number in range(_MAX_PASSES):
            passes_s.append(self.pass_s(num_samples))
            now_bytes, spent_s = peak(), time.perf_counter() - start_s
            still = now_bytes - last_bytes <= _STILL * last_bytes and spent_s > _ENOUGH_S
            if (number >= 2 and still) or (number >= 1 and spent_s > _LONG_S):
                break
            last_bytes = now_bytes
        return min(passes_s[1:])

    def _pass(self, num_samples: int) -> None:
        """As within a step: gradients are added to those at hand, but a whole batch begins without."""
        step = self._state.step
        if num_samples == self.batch_size:
            step.optimizer.zero_grad()
        step.micro_batch = None
        Step.gradients(step, self._piece(num_samples))  # a FittingStep's own would halve and go on

    def _piece(self, num_samples: int) -> Parts:
        if num_samples not in self._pieces:
            self._pieces[num_samples] = first(self._batch, num_samples)
        return self._pieces[num_samples]

    @contextmanager
    def _stopped_in_time(self) -> Iterator[None]:
        """A forward pass, of which nothing is known yet, raises MemoryError once it has come near the limit."""

        def look(saved: Tensor) -> Tensor:
            if self._gauge.used() > self.allowed_bytes:
                raise MemoryError
            return saved

        with torch.autograd.graph.saved_tensors_hooks(look, lambda saved: saved):
            yield

    # -- what training takes besides samples

    def _check(self, needed_bytes: int, what: str) -> None:
        if needed_bytes > self.allowed_bytes:
            raise self.too_much(needed_bytes, what)

    def _weights(self) -> list[Tensor]:
        groups = self._state.step.optimizer.param_groups
        return [weight for group in groups for weight in group["params"] if weight.requires_grad]

    def _gradients_bytes(self) -> int:
        return sum(weight.nbytes for weight in self._weights())

    def _first_update_bytes(self) -> int:
        """What the first update will allocate: the state, in proportion to the smallest weight's, which is made first.

        Besides, an optimizer that is not fused takes up to one more copy of the gradients for a moment.
        """
        optimizer, weights = self._state.step.optimizer, [each for each in self._weights() if each.grad is not None]
        optimizer.zero_grad(set_to_none=False)
        gradients = [weight.grad for weight in weights]
        smallest = min(weights, key=Tensor.numel)
        for weight in weights:
            weight.grad = weight.grad if weight is smallest else None
        optimizer.step()
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient
        made = [value for value in optimizer.state[smallest].values() if isinstance(value, Tensor)]
        made_bytes = sum(value.nbytes for value in made if value.shape == smallest.shape)
        return int((made_bytes / smallest.nbytes + 1) * self._gradients_bytes())

    def _measure_update(self, num_samples: int) -> int:
        """The peaks of a step's two halves: the update's is kept, the pass's returned.

        Updates are without a scaler, which leaves out a first step that overflows, and of zero gradients, so that the
        weights stay finite.
        """
        optimizer, clock = self._state.step.optimizer, clock_of(self._state.device)
        optimizer.step()
        optimizer.zero_grad()
        self._gauge.tidy()
        with self._gauge.peak() as peak:
            self._pass(num_samples)
            pass_bytes = peak() - self.held_bytes
        optimizer.zero_grad(set_to_none=False)
        with self._gauge.peak() as peak:
            clock.mark()
            optimizer.step()
            clock.mark()
            self.update_bytes = peak() - self.held_bytes
        optimizer.zero_grad()
        self.update_s = clock.intervals_s()[0]
        return pass_bytes


def in_samples(number: int) -> str:
    """A number of samples in words."""
    return "one sample" if number == 1 else f"{number} samples"


def in_mb(num_bytes: int) -> str:
    """Bytes in words."""
    return f"{num_bytes / 2**20:.0f} MB"
