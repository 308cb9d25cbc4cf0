"""In what runs differ: options, host and version, each metric step by step and at its best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

from ds_notebook.record.events import RunStarted
from ds_notebook.record.reader import Column
from ds_notebook.record.state import State
from ds_notebook.train.early_stop import EarlyStop

_MAX_LETTERS = 60
_NO_OPTIONS = {"name", "tags", "notes", "resume"}
"""What a run is called and how it came to go on changes nothing of it."""
_HOST_FACTS = ("python", "platform", "cores", "gpus")
"""What of a host's facts can change numbers or speed; the rest is its name and its moment."""


class Compared(NamedTuple):
    """A run under the short name that no other run of the comparison has."""

    label: str
    state: State
    started: RunStarted | None
    columns: dict[str, Column]


class Standing(NamedTuple):
    """How a run does in a metric."""

    last: float
    last_step: int
    best: float
    """By the rule of early stopping; NaN where no value is finite."""
    best_step: int


class StepByStep(NamedTuple):
    """A metric of two runs, over the steps that both recorded; NaN equals NaN."""

    num_shared: int
    first_step: int | None
    """Where they differ first; None where they are equal throughout."""
    values: tuple[float, float] = (math.nan, math.nan)
    """There."""


def standing(name: str, column: Column) -> Standing:
    """The last and the best value of a column that is not empty."""
    steps, _, values = column
    at = best_of(name, values)
    best, best_step = (values[at], steps[at]) if at is not None else (math.nan, steps[-1])
    return Standing(values[-1], steps[-1], best, best_step)


def best_of(name: str, values: Sequence[float]) -> int | None:
    """The place of the first best value of a metric, lower or higher as early stopping has it; None for none."""
    rule, best = EarlyStop(name, patience=None), None
    for at, value in enumerate(values):
        if rule.after({name: value}):
            best = at
    return best


def step_by_step(left: Column, right: Column) -> StepByStep:
    """Compare two columns bit for bit; of a step that was logged twice the later value counts."""
    ours, theirs = dict(zip(left[0], left[2], strict=True)), dict(zip(right[0], right[2], strict=True))
    shared = sorted(ours.keys() & theirs.keys())
    for step in shared:
        a, b = ours[step], theirs[step]
        if a != b and not (math.isnan(a) and math.isnan(b)):
            return StepByStep(len(shared), step, (a, b))
    return StepByStep(len(shared), None)


def shared_metrics(runs: Sequence[Compared]) -> list[str]:
    """Names that all runs recorded, in the order of the first."""
    others = reduce(set.intersection, (set(run.columns) for run in runs))
    return [name for name in runs[0].columns if name in others]


def option_differences(runs: Sequence[Compared]) -> list[str]:
    """A line for each option that is not the same in all runs."""
    return _lines(runs, [_options(run.started) for run in runs])


def _options(started: RunStarted | None) -> dict[str, Any]:
    config = _flat(started.config) if started else {}
    return {name: value for name, value in config.items() if name not in _NO_OPTIONS}


def machine_differences(runs: Sequence[Compared]) -> list[str]:
    """A line for each thing in which the machines or the versions differ."""
    return _lines(runs, [_machine(run.started) for run in runs])


def short(text: str) -> str:
    """A stranger's text may be of any length."""
    return text if len(text) <= _MAX_LETTERS else text[: _MAX_LETTERS - 1] + "…"


def _lines(runs: Sequence[Compared], options: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = []
    for name in dict.fromkeys(name for each in options for name in each):
        values = [short(str(each[name])) if name in each else "not set" for each in options]
        if any(each.get(name, _MISSING) != options[0].get(name, _MISSING) for each in options):
            pairs = zip(values, runs, strict=True)
            lines.append(f"{short(name)}: " + ", ".join(f"{value} ({run.label})" for value, run in pairs))
    return lines


_MISSING = object()


def _machine(started: RunStarted | None) -> dict[str, Any]:
    if started is None:
        return {}
    facts = {name: started.host_facts[name] for name in _HOST_FACTS if name in started.host_facts}
    return {"host": started.host, "ds-notebook": started.version, **facts}


def _flat(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:  # any JSON
    found: dict[str, Any] = {}
    for name, value in options.items():
        nested = isinstance(value, Mapping) and value
        found |= _flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return found
