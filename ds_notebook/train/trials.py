"""Trying recipes on a training's own first batches: how fast each is, and what losses it gives from the same start."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice, pairwise
from statistics import fmean, median
from typing import NamedTuple

import torch
from torch import Tensor

from ds_notebook.train.batch import Parts
from ds_notebook.train.modes import Modes
from ds_notebook.train.precision import Precision
from ds_notebook.train.recipe import Recipe, apply, set_fused
from ds_notebook.train.state import TrainingState

MAX_COURSE = 8
"""Steps after the first whose losses are compared: more of them on four batches would learn those by heart."""
_COURSE_S = 0.3
_MAX_ROUNDS = 20
_MAX_UPDATE_ROUNDS = 8
_UPDATES_S = 0.15
_HOPELESS = 2.0


class HostClock:
    """Seconds between marks on the host's clock, for devices that have done a step when it returns."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        # a step in one thread is timed by what it computes: on a busy machine it may wait longer than that
        alone = device.type == "cpu" and torch.get_num_threads() == 1
        self._now_s = time.thread_time if alone else time.perf_counter
        self._marks_s: list[float] = []

    def mark(self) -> None:
        if self._device.type in ("mps", "xpu"):
            getattr(torch, self._device.type).synchronize()
        self._marks_s.append(self._now_s())

    def intervals_s(self) -> list[float]:
        """From each mark to the next."""
        return [after - before for before, after in pairwise(self._marks_s)]


class DeviceClock(HostClock):
    """A GPU works on while the host is ahead, so its own events say when a step began and ended."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self._events: list[torch.cuda.Event] = []

    def mark(self) -> None:
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._device))
        self._events.append(event)

    def intervals_s(self) -> list[float]:
        self._events[-1].synchronize()
        return [before.elapsed_time(after) / 1e3 for before, after in pairwise(self._events)]


def clock_of(device: torch.device) -> HostClock:
    """The clock for what runs on `device`."""
    return DeviceClock(device) if device.type == "cuda" else HostClock(device)


class Course(NamedTuple):
    """The training's first steps by one recipe; the very first pays for all that is made once, and is timed apart."""

    first_s: float
    step_s: float
    losses: list[float]


class Updates(NamedTuple):
    """The optimizer's part of a step, as it was given and fused, and how far the two are apart."""

    given_s: float
    fused_s: float
    deviation: float
    """The largest difference of a weight, in parts of the largest change."""


class Pair(NamedTuple):
    """Seconds a step by the best recipe so far and by a candidate, and the candidate's losses from the start."""

    best_s: float
    candidate_s: float
    losses: list[float]
    """Empty where the first step was hopelessly slow already."""


class Trials:
    """Runs recipes on `batches`; whatever it runs is undone."""

    def __init__(self, state: TrainingState, batches: Sequence[Parts]) -> None:
        self._state = state
        self._batches = batches
        self._num_steps = MAX_COURSE
        self._precisions: dict[str, Precision] = {}

    @contextmanager
    def _undone(self) -> Iterator[None]:
        with self._state.undone():
            Modes(self._state.model).train()
            # uncompiled: compiling takes longer than all trials together, and again for each recipe
            self._state.step.model = self._state.model
            self._precisions = {}
            yield

    # -- as it was given

    def given(self, recipe: Recipe, *, fuses: bool) -> tuple[Course, Updates | str | None]:
        """The course that all others are compared with; if it `fuses`, the updates, or why a fused one failed."""
        step, clock = self._state.step, clock_of(self._state.device)
        with self._undone():
            start_s = time.perf_counter()
            clock.mark()
            loss = step.gradients(self._batches[0]).item()
            clock.mark()
            waited_s = time.perf_counter() - start_s
            updates = self._updates() if fuses else None
            clock.mark()
            step.update()
            clock.mark()
            gradients_s, _, update_s = clock.intervals_s()
            self._num_steps = max(1, min(MAX_COURSE, int(_COURSE_S / waited_s)))
            steps_s, losses = self._run(recipe, self._course())
        return Course(gradients_s + update_s, self._typical_s([steps_s]), [loss, *losses]), updates

    def _updates(self) -> Updates | str:
        """Both kinds of update with the gradients at hand."""
        try:
            before = self._some_weights()
            given, fused = self._updated(fused=False), self._updated(fused=True)
            return Updates(*self._update_times_s(), _deviation(before, given, fused))
        except RuntimeError as error:
            return in_a_line(error)

    def _updated(self, *, fused: bool) -> Tensor:
        with self._state.undone():
            self._update(fused=fused)
            return self._some_weights()

    def _update(self, *, fused: bool) -> None:
        step = self._state.step
        set_fused(step.optimizer, fused)
        step.precision.step(step.optimizer)

    def _update_times_s(self) -> tuple[float, float]:
        clock, end_s = clock_of(self._state.device), time.perf_counter() + _UPDATES_S
        with self._state.undone():
            for number in range(_MAX_UPDATE_ROUNDS):
                if number >= 2 and time.perf_counter() > end_s:
                    break
                for fused in (False, True):
                    clock.mark()
                    self._update(fused=fused)
                    clock.mark()
        updates_s = clock.intervals_s()[::2][2:]  # the first of each makes its state
        return median(updates_s[::2]), median(updates_s[1::2])

    def _some_weights(self) -> Tensor:
        groups = self._state.step.optimizer.param_groups
        parts = [weight.detach().reshape(-1)[:1000] for group in groups for weight in group["params"]]
        return torch.cat([part.to("cpu", torch.float32, copy=True) for part in parts])

    # -- two in turns

    def beside(self, best: Recipe, candidate: Recipe, given: Course, best_s: float, until_s: float) -> Pair:
        """`candidate` from the start, then in turns with `best`, so that a busy machine slows both alike.

        `best_s` is the best's step so far; at `until_s` of `time.perf_counter` there is no other turn.
        """
        with self._undone():
            (first_s,), (loss,) = self._run(candidate, self._batches[:1])
            if first_s > _HOPELESS * given.first_s and first_s > _COURSE_S:
                return Pair(best_s, first_s, [])
            start_s = time.perf_counter()
            steps_s, losses = self._run(candidate, self._course())
            waited_s = time.perf_counter() - start_s
            pair = Pair(best_s, self._typical_s([steps_s]), [loss, *losses])
            if pair.candidate_s > _HOPELESS * best_s:
                return pair
            round_s = waited_s * (1 + best_s / pair.candidate_s)
            return self._in_turns(best, candidate, pair, round_s, until_s)

    def _in_turns(self, best: Recipe, candidate: Recipe, pair: Pair, round_s: float, until_s: float) -> Pair:
        turn = self._batches[: self._num_steps]
        turns_s: dict[Recipe, list[list[float]]] = {best: [], candidate: []}
        while len(turns_s[best]) < _MAX_ROUNDS and (start_s := time.perf_counter()) + round_s < until_s:
            for recipe, of_recipe in turns_s.items():
                of_recipe.append(self._run(recipe, turn)[0])
            round_s = time.perf_counter() - start_s
        if not turns_s[best]:
            return pair
        return Pair(self._typical_s(turns_s[best]), self._typical_s(turns_s[candidate]), pair.losses)

    # -- a few steps

    def _course(self) -> list[Parts]:
        return list(islice(cycle(self._batches), self._num_steps))

    def _run(self, recipe: Recipe, batches: Sequence[Parts]) -> tuple[list[float], list[float]]:
        """A step on each batch: its seconds and its loss."""
        self._switch_to(recipe)
        step, clock, losses = self._state.step, clock_of(self._state.device), []
        clock.mark()
        for batch in batches:
            losses.append(step.gradients(batch).detach())
            step.update()
            clock.mark()
        return clock.intervals_s(), [loss.item() for loss in losses]

    def _switch_to(self, recipe: Recipe) -> None:
        # a scaler goes on where it was: a new one's first steps may overflow, and then they are no steps
        step = self._state.step
        self._precisions[step.precision.name] = step.precision
        step.precision = self._precisions.get(recipe.precision, step.precision)
        apply(recipe, self._state)

    def _typical_s(self, turns_s: Sequence[Sequence[float]]) -> float:
        """Seconds a step: the median for each batch, as batches may differ in length, and the mean of those."""
        of_batch: dict[int, list[float]] = {}
        for steps_s in turns_s:
            for number, step_s in enumerate(steps_s):
                of_batch.setdefault(number % len(self._batches), []).append(step_s)
        return fmean(map(median, of_batch.values()))


def _deviation(before: Tensor, given: Tensor, fused: Tensor) -> float:
    """The largest difference beyond rounding, in parts of the largest change; 0 where nothing changed."""
    limits = torch.finfo(given.dtype)
    apart = ((given - fused).abs() - 2 * limits.eps * given.abs()).clamp_min(0.0)
    return (apart.max() / (given - before).abs().max().clamp_min(limits.tiny)).item()


def in_a_line(error: Exception) -> str:
    """What an error says first."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
