"""What a comparison says: the answer as a title, and the sentences beneath it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ds_notebook.draw.ticks import number
from ds_notebook.options import in_words
from ds_notebook.record.rows import DATA_WAIT
from ds_notebook.record.state import OVER
from ds_notebook.train.differences import Compared, Standing, StepByStep, best_of, short, step_by_step

_OF_THE_MACHINE = {DATA_WAIT, "samples_per_s"}
"""Two runs that compute the same never agree in these."""
_MOST_NAMED = 3


class Parting(NamedTuple):
    """How far the other runs follow the first in a metric: the one that parts first."""

    steps: StepByStep
    label: str


def parting(runs: Sequence[Compared], name: str) -> Parting:
    """Each other run against the first, the earliest difference of all; where none differs, the fewest shared steps."""
    first, *others = runs
    found = [Parting(step_by_step(first.columns[name], run.columns[name]), run.label) for run in others]
    return min(found, key=lambda each: (_first_difference(each.steps), each.steps.num_shared))


def title(runs: Sequence[Compared], name: str, standings: Sequence[Standing], partings: Mapping[str, Parting]) -> str:
    """Which run is better in metric `name`, or that they are equal."""
    labels = [run.label for run in runs]
    if equal := equal_throughout(partings):
        num_shared = max(partings[each].steps.num_shared for each in equal)
        return f"{in_words(labels, 'and')} are equal: {_these(equal)} in {_shared(num_shared)}"
    lasts = [each.last for each in standings]
    best = best_of(name, lasts)
    if best is None:
        return f"No run is better: {short(name)} ends as {in_words(dict.fromkeys(map(number, lasts)), 'and')}"
    words = _apart(lasts)
    counts = [each.last_step + 1 for each in standings]
    if len(runs) == 2 and counts[0] != counts[1]:
        words = [f"{word} after {_steps(count)}" for word, count in zip(words, counts, strict=True)]
    level = [label for label, last in zip(labels, lasts, strict=True) if last == lasts[best]]
    others = [(last, word) for last, word in zip(lasts, words, strict=True) if last != lasts[best]]
    order = "better" if len(runs) == 2 else f"best of {len(runs)}"
    verdict = f"{level[0]} is {order}" if len(level) == 1 else f"{in_words(level, 'and')} end level"
    return f"{verdict}: {short(name)} {words[best]}{_against(others)}{_after(counts)}"


def equal_throughout(partings: Mapping[str, Parting]) -> list[str]:
    """The metrics, if there are any and each is equal in all shared steps; measures of speed do not count.

    Nor does one that shares no step: the norm of the gradients is taken by the clock, each time in other steps.
    """
    names = [name for name in partings if name not in _OF_THE_MACHINE and partings[name].steps.num_shared]
    return names if all(partings[name].steps.first_step is None for name in names) else []


def sentences(
    runs: Sequence[Compared], name: str, standings: Sequence[Standing], partings: Mapping[str, Parting]
) -> Iterator[str]:
    """What the title leaves out: another order at the best values, the first difference, runs that did not finish."""
    bests = [each.best for each in standings]
    best = best_of(name, bests)
    if best is not None and best != best_of(name, [each.last for each in standings]):
        value, step = _apart(bests)[best], standings[best].best_step
        yield f"By the best value {runs[best].label} is ahead: {short(name)} {value} at step {step}."
    if not equal_throughout(partings):
        yield _how_far(name, partings[name], runs[0].label)
    elif len({each.last_step for each in standings}) > 1:
        ends = (f"{run.label} at step {each.last_step}" for run, each in zip(runs, standings, strict=True))
        yield f"They end elsewhere: {in_words(ends, 'and')}."
    for run in runs:
        if run.state != "finished":
            yield f"{run.label} is {run.state}" + ("." if run.state in OVER else ": this is what there is so far.")


def _how_far(name: str, found: Parting, first: str) -> str:
    steps = found.steps
    if not steps.num_shared:
        return f"{first} and {found.label} share no step of {short(name)}."
    if steps.first_step is None:
        return f"{short(name)} is equal in {_shared(steps.num_shared)}."
    a, b = steps.values
    words = _apart([a, b])
    by = f", by {number(abs(a - b), 3)}" if math.isfinite(a - b) else ""
    return (
        f"{short(name)} differs first at step {steps.first_step}: {words[0]} ({first}) against {words[1]} "
        f"({found.label}){by}."
    )


def _first_difference(steps: StepByStep) -> float:
    return math.inf if steps.first_step is None else steps.first_step


def _these(names: Sequence[str]) -> str:
    return in_words(map(short, names), "and") if len(names) <= _MOST_NAMED else f"all {len(names)} metrics"


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count:,} steps"


def _shared(count: int) -> str:
    return "the one shared step" if count == 1 else f"all {count:,} shared steps"


def _against(others: Sequence[tuple[float, str]]) -> str:
    """The other runs' values: the one, or from the lowest to the highest."""
    ordered = sorted(pair for pair in others if not math.isnan(pair[0]))
    words = list(dict.fromkeys([ordered[0][1], ordered[-1][1]])) if ordered else []
    parts = [" to ".join(words)] * bool(words) + ["nan"] * (len(ordered) < len(others))
    return f" against {in_words(parts, 'and')}" if parts else ""


def _after(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    if low == high:
        return f" after the same {_steps(low)}" if low != 1 else " after 1 step"
    return f" after {low:,} to {high:,} steps" if len(counts) > 2 else ""


def _apart(values: Sequence[float]) -> list[str]:
    """The numbers with as few digits as tell them apart."""
    for digits in range(4, 17):
        words = [number(value, digits) for value in values]
        if len(set(words)) == len({repr(value) for value in values}):
            break
    return words
