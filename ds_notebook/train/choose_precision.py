"""`--precision auto`: what this machine offers is tried on this very model; the fastest that learns the same stays."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from statistics import fmean

from ds_notebook.errors import UsageError
from ds_notebook.record.events import Decision
from ds_notebook.train.batch import Parts
from ds_notebook.train.fitting_step import is_out_of_memory
from ds_notebook.train.gauge import gauge_of
from ds_notebook.train.lazy import has_lazy_weights
from ds_notebook.train.recipe import Recipe, apply, can_fuse, changes, recipe_of
from ds_notebook.train.state import TrainingState
from ds_notebook.train.trials import Course, Pair, Trials, Updates, in_a_line

BUDGET_S = 1.8
"""For all trials; those of a step of more than about 0.4 s take longer, as each recipe takes two steps at least."""
MIN_GAIN = 0.05
"""A recipe is kept if it is faster by this share of the best before it; fusing, of the update alone."""
TOLERANCE = 0.05
"""How far the mean loss over the same steps may be from that of the recipe as given, relative to it."""


def choose_precision(state: TrainingState, batches: Sequence[Parts]) -> Decision:
    """Try recipes on `batches` (one at least), and bring the fastest into force whose loss stays within TOLERANCE.

    All else is as if nothing had been tried. An error by the recipe as given is raised; that of another one leaves
    only it out.
    """
    search = Search(state, batches)
    search.try_all()
    apply(search.best, state)
    return search.decision()


class Search:
    """From the recipe as given, one change at a time: it is kept or left out before the next is tried on top."""

    def __init__(self, state: TrainingState, batches: Sequence[Parts]) -> None:
        self.best = self.given = recipe_of(state)
        self._state = state
        self._batches = batches
        self._trials = Trials(state, batches)
        self._start_s = time.perf_counter()
        self._course = Course(first_s=0.0, step_s=0.0, losses=[])
        self._step_s: dict[Recipe, float] = {}
        self._deviations: dict[Recipe, float] = {}
        self._left_out: dict[Recipe, str] = {}
        self._fusing_saves_s = 0.0

    def try_all(self) -> None:
        """Find `best`."""
        if has_lazy_weights(self._state.model):
            self._left_out[self.given] = (
                "nothing was tried, as there are weights that get their shape in the first step"
            )
            return
        if _memory_is_short(self._state):
            self._left_out[self.given] = _NO_MEMORY
            return
        try:
            self._course, updates = self._trials.given(self.given, fuses=can_fuse(self._state.step.optimizer))
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._left_out[self.given] = _NO_MEMORY
            return
        self._step_s[self.given] = self._course.step_s
        if not math.isfinite(sum(self._course.losses)):
            self._left_out[self.given] = "its loss is not finite, so nothing can be compared with it"
            return
        if updates is not None:
            self._try_fused(updates)
        candidates = changes(self._state)
        for number, change in enumerate(candidates):
            now_s = time.perf_counter()
            share_s = (self._start_s + BUDGET_S - now_s) / (len(candidates) - number)
            self._try(self.best._replace(**change), until_s=now_s + share_s)

    def _try_fused(self, updates: Updates | str) -> None:
        fused = self.given._replace(fused=True)
        if isinstance(updates, str):
            self._left_out[fused] = f"{fused} is not possible here ({updates})"
            return
        self._deviations[fused] = updates.deviation
        self._fusing_saves_s = updates.given_s - updates.fused_s
        self._step_s[fused] = self._course.step_s - self._fusing_saves_s
        if not updates.deviation <= TOLERANCE:
            self._left_out[fused] = f"a fused update is {_percent(updates.deviation)} off the given one"
        elif updates.fused_s > (1 - MIN_GAIN) * updates.given_s:
            self._left_out[fused] = f"a fused update took {_against(updates.fused_s, updates.given_s, '')}"
        else:
            self.best = fused

    def _try(self, candidate: Recipe, until_s: float) -> None:
        best_s = self._step_s[self.best]
        try:
            pair = self._trials.beside(self.best, candidate, self._course, best_s, until_s)
        except Exception as error:  # whatever this model or device cannot do in other numbers; the record says it
            self._left_out[candidate] = f"{candidate} is not possible here ({in_a_line(error)})"
            return
        self._note(candidate, pair)
        if why := self._why_not(candidate, pair):
            self._left_out[candidate] = why
        else:
            self.best = candidate

    def _note(self, candidate: Recipe, pair: Pair) -> None:
        self._step_s[self.best], self._step_s[candidate] = pair.best_s, pair.candidate_s
        if self.best == self.given._replace(fused=True):  # known from the updates alone so far
            self._step_s[self.given] = pair.best_s + self._fusing_saves_s
        if pair.losses:
            mean = fmean(self._course.losses)
            self._deviations[candidate] = abs(fmean(pair.losses) - mean) / max(abs(mean), 1e-12)

    def _why_not(self, candidate: Recipe, pair: Pair) -> str:
        if pair.candidate_s > (1 - MIN_GAIN) * pair.best_s:
            narrowly = f", and less than {_percent(MIN_GAIN)} do not count" if pair.candidate_s < pair.best_s else ""
            return f"{candidate} took {_against(pair.candidate_s, pair.best_s)}{narrowly}"
        deviation = self._deviations[candidate]
        if not deviation <= TOLERANCE:  # NaN, too
            return f"the loss with {candidate} was {_percent(deviation)} off, and {_percent(TOLERANCE)} is allowed"
        return ""

    # -- what is said of it

    def decision(self) -> Decision:
        """What was chosen and why, with all that was measured."""
        return Decision(
            policy="precision",
            subject=type(self._state.model).__name__,
            verdict=str(self.best),
            reason=self._reason(),
            evidence={
                "step_ms": {str(recipe): 1e3 * step_s for recipe, step_s in self._step_s.items()},
                "deviation": {str(recipe): deviation for recipe, deviation in self._deviations.items()},
                "left_out": {str(recipe): why for recipe, why in self._left_out.items()},
                "gain": self._gain(),
                "tolerance": TOLERANCE,
                "min_gain": MIN_GAIN,
                "steps_compared": len(self._course.losses),
                "batches": len(self._batches),
                "trial_s": time.perf_counter() - self._start_s,
            },
        )

    def _gain(self) -> float:
        return 1.0 if self.best == self.given else self._step_s[self.given] / self._step_s[self.best]

    def _reason(self) -> str:
        others = "; ".join(self._left_out.values())
        if self.best == self.given:
            return f"{self.best}: {others}."
        best_s, given_s = self._step_s[self.best], self._step_s[self.given]
        off = (
            "the update" if self.best.precision == self.given.precision and not self.best.channels_last else "the loss"
        )
        chosen = (
            f"{self.best}: {_against(best_s, given_s)} with {self.given} ({self._gain():.1f} times faster); "
            f"{off} stayed within {_percent(self._deviations[self.best])}."
        )
        return f"{chosen} Left out: {others}." if others else chosen


def _against(taken_s: float, best_s: float, what: str = " a step") -> str:
    return f"{_ms(taken_s)}{what} against {_ms(best_s)}"


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{1e3 * seconds:.0f} ms"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"


_NO_MEMORY = "nothing was tried, as memory does not reach for the copy from which everything is put back"


def _memory_is_short(state: TrainingState) -> bool:
    try:
        gauge = gauge_of(state.device)
        return gauge.used() + state.undoing_bytes() > gauge.limit()
    except UsageError:  # not known here
        return False
