"""Where the steps of a loop went: waits by the clock, the rest by its spans and by samples, or unknown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple, TypeVar

from ds_notebook.profile.phases import PHASES, phase_of_span
from ds_notebook.record.events import AnyEvent, Metrics, Span, goes_back_to
from ds_notebook.record.rows import DATA_WAIT

MOST_STEPS = 200_000
"""The newest so many at least are looked at, and twice as many at most."""
Item = TypeVar("Item")
_IN_EACH_STEP = {"host to device", "forward", "backward", "optimizer"}

WAIT, UNKNOWN = "data wait", "unknown"


class Step(NamedTuple):
    """One step; times in Unix seconds. The wait for its batch ends where it begins."""

    number: int
    wait_s: float
    start: float
    end: float


class Piece(NamedTuple):
    """A span by its name."""

    name: str
    start: float
    end: float


class Sample(NamedTuple):
    """What a thread was seen at, by its phase, and the seconds since it was last looked at."""

    name: str
    moment: float
    seconds: float


class Part(NamedTuple):
    """What a share of the steps' time went to, and how that is known."""

    name: str
    share: float
    known_by: str


def steps_of(events: Iterable[AnyEvent]) -> list[Step]:
    """The steps that `run.steps` left, in their order, without the last, of which nobody knows when it ended.

    Of steps that a resumed run repeated the later ones count. What has a span of its own between two steps, an
    evaluation for one, is no step's time.
    """
    rows: dict[int, tuple[float, float]] = {}
    between: list[float] = []
    for event in events:
        if (back := goes_back_to(event)) is not None:
            rows = {number: row for number, row in rows.items() if number < back}
        if isinstance(event, Span) and event.step is None:
            between.append(event.at)
        if isinstance(event, Metrics) and DATA_WAIT in event.values:
            for number, start, wait_s in zip(event.steps, event.times(), event.column(DATA_WAIT), strict=True):
                rows[number] = (start, wait_s)
            if len(rows) > 2 * MOST_STEPS:
                rows = dict(list(rows.items())[-MOST_STEPS:])
    between.sort()
    return [
        Step(number, wait_s, start, max(start, min(rows[after][0] - rows[after][1], _next(between, start))))
        for number, after in pairwise(sorted(rows))
        if after == number + 1
        for start, wait_s in [rows[number]]
    ]


def _next(moments: Sequence[float], moment: float) -> float:
    """The first of `moments` after `moment`; infinity if there is none."""
    at = bisect_right(moments, moment)
    return moments[at] if at < len(moments) else inf


def spans_of(events: Iterable[AnyEvent]) -> list[Piece]:
    """The spans within steps, by the phase that they mean, or by their own name."""
    return [
        Piece(phase_of_span(event.name) or event.name, event.at, event.at + event.duration_s)
        for event in events
        if isinstance(event, Span) and event.step is not None and event.lane == "main" and event.duration_s > 0
    ]


def parts_of(steps: Sequence[Step], spans: Sequence[Piece], samples: Sequence[Sample]) -> list[Part]:
    """What the steps' time went to, in the order of a step; the shares add up to 1.

    Samples divide what is in no span.
    """
    whole_s = sum(step.wait_s + step.end - step.start for step in steps)
    if whole_s <= 0:
        return []
    wait = sum(step.wait_s for step in steps) / whole_s
    by_span = _by_span(steps, spans)
    rest = (1 - wait) * max(0.0, 1 - sum(by_span.values()))
    by_sample = _by_sample(steps, spans, samples)
    parts = [Part(WAIT, wait, "clock")]
    parts += [Part(name, (1 - wait) * share, "spans") for name, share in by_span.items()]
    parts += [Part(name, rest * share, "samples") for name, share in by_sample.items()]
    if not by_sample:
        parts.append(Part(UNKNOWN, rest, ""))
    return sorted(_together(parts), key=_place_in_step)


def _by_span(steps: Sequence[Step], spans: Sequence[Piece]) -> dict[str, float]:
    """Each name's share of the time of the steps' bodies; the inner of two spans counts.

    A phase that each step has may be recorded in a few of them, which then stand for all. Another span counts as often
    as it was.
    """
    sums: dict[str, float] = {}
    sampled_s = 0.0
    for step, inside in _in_steps(steps, spans, lambda span: (span.start + span.end) / 2):
        own = _own(inside, step)
        if not own.keys().isdisjoint(_IN_EACH_STEP):
            sampled_s += step.end - step.start
        for name, spent_s in own.items():
            sums[name] = sums.get(name, 0.0) + spent_s
    all_s = sum(step.end - step.start for step in steps)
    wholes = {name: sampled_s if name in _IN_EACH_STEP else all_s for name in sums}
    shares = {name: spent_s / wholes[name] for name, spent_s in sums.items() if wholes[name] > 0}
    too_much = max(1.0, sum(shares.values()))
    return {name: share / too_much for name, share in shares.items()}


def _by_sample(steps: Sequence[Step], spans: Sequence[Piece], samples: Sequence[Sample]) -> dict[str, float]:
    """Each phase's share of the sampled time that lies in a step and in no span."""
    covered = sorted((span.start, span.end) for span in spans)
    sums: dict[str, float] = {}
    for _, inside in _in_steps(steps, samples, lambda sample: sample.moment):
        for name, moment, spent_s in inside:
            if name != WAIT and not _covers(covered, moment):
                sums[name] = sums.get(name, 0.0) + spent_s
    total = sum(sums.values())
    return {name: spent_s / total for name, spent_s in sums.items()} if total > 0 else {}


def _covers(spans: list[tuple[float, float]], moment: float) -> bool:
    at = bisect_right(spans, (moment, float("inf")))
    return any(end > moment for _, end in spans[max(0, at - 8) : at])


def _in_steps(
    steps: Sequence[Step], items: Iterable[Item], moment_of: Callable[[Item], float]
) -> Iterator[tuple[Step, list[Item]]]:
    """What lies in a step's body, step by step; steps with nothing in them are left out."""
    starts = [step.start for step in steps]
    inside: dict[int, list[Item]] = {}
    for item in items:
        moment = moment_of(item)
        at = bisect_right(starts, moment) - 1
        if at >= 0 and moment <= steps[at].end:
            inside.setdefault(at, []).append(item)
    return ((steps[at], found) for at, found in inside.items())


def _own(spans: list[Piece], step: Step) -> dict[str, float]:
    """Seconds of each name within the step; where spans lie in one another, the last that began counts."""
    edges = sorted({step.start, step.end, *(min(max(t, step.start), step.end) for s in spans for t in s[1:])})
    sums: dict[str, float] = {}
    for left, right in pairwise(edges):
        over = [span for span in spans if span.start <= left and span.end >= right]
        if over:
            name = max(over, key=lambda span: (span.start, -span.end)).name
            sums[name] = sums.get(name, 0.0) + right - left
    return sums


def _together(parts: Iterable[Part]) -> list[Part]:
    merged: dict[str, Part] = {}
    for part in parts:
        before = merged.get(part.name)
        known_by = " and ".join(dict.fromkeys(filter(None, [before.known_by if before else "", part.known_by])))
        merged[part.name] = Part(part.name, part.share + (before.share if before else 0.0), known_by)
    return list(merged.values())


_ORDER: Mapping[str, int] = {name: place for place, name in enumerate(PHASES)}


def _place_in_step(part: Part) -> tuple[int, float]:
    """The phases as a step has them, the user's own names before those that no step has."""
    return _ORDER.get(part.name, _ORDER["logging"]), -part.share
