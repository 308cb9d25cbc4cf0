"""Where the steps of a run went, as a scene: of a training or of a loop of one's own, while it runs too."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from math import inf

import msgspec

from ds_notebook.draw import Bars, Block, Scene, Table, Text, Timeline
from ds_notebook.draw.ticks import seconds
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Weight
from ds_notebook.profile.phases import Phase, phase_of
from ds_notebook.profile.steps import UNKNOWN, WAIT, Part, Piece, Sample, Step, parts_of, spans_of, steps_of
from ds_notebook.profile.stored import SOURCES
from ds_notebook.record import Record, runs
from ds_notebook.record.events import RunStarted, Stacks

SHOWN_STEPS = 12
"""So many are drawn."""
MOST_SAMPLES = 200_000
"""Of the newest so many the phases are looked up."""
LEAST_SHARE = 0.0005
_ADVICE = {
    WAIT: "More loader workers, or batches prepared ahead, would hide it: see the rules data-wait and loader-workers.",
    UNKNOWN: 'Name what you know with `with run.span("forward"):`, or profile the cell: %%ds_profile.',
}


def steps_scene(record: Record) -> Scene:
    """The steps of `record` by phase; samples are those of profiles that the same process took meanwhile."""
    steps, spans = steps_of(record.events()), spans_of(record.events())
    started = record.started
    own, beside = _samples(record), _samples_beside(record, started) if started else iter(())
    samples = list(deque(chain(own, beside), MOST_SAMPLES))
    return scene(f"steps of {started.name if started else record.id}: {record.state}", steps, spans, samples)


def scene(name: str, steps: list[Step], spans: list[Piece], samples: list[Sample]) -> Scene:
    """As `steps_scene`, of steps that have been read."""
    parts = parts_of(steps, spans, samples)
    if not parts:
        words = "No two steps are recorded yet. A loop of your own has them from `for batch in run.steps(batches):`."
        return Scene(title=name, panels=[Text(lines=[words])])
    step_s = sum(step.wait_s + step.end - step.start for step in steps) / len(steps)
    shown = [part for part in parts if part.share >= LEAST_SHARE]
    return Scene(
        title=f"{name}, {len(steps):,} steps of {seconds(step_s)}",
        panels=[
            Text(lines=_sentences(parts)),
            Bars(
                heading="A step by phase",
                names=[part.name for part in shown],
                values=[round(100 * part.share, 1) for part in shown],
                unit="%",
            ),
            _table(shown, step_s),
            _some_steps(steps, spans),
        ],
    )


def _sentences(parts: list[Part]) -> list[str]:
    """The largest part, what to do about it if that is known, and how much of the whole is not known."""
    largest = max(parts, key=lambda part: part.share)
    what = {WAIT: "waits for data", UNKNOWN: "went where neither spans nor samples tell"}
    lines = [f"{largest.share:.0%} of each step {what.get(largest.name, f'is {largest.name}')}."]
    if advice := _ADVICE.get(largest.name):
        lines.append(advice)
    unknown = sum(part.share for part in parts if part.name == UNKNOWN)
    if largest.name != UNKNOWN and unknown > 0.02:
        lines.append(f"{unknown:.0%} is unknown. {_ADVICE[UNKNOWN]}")
    return lines


def _table(parts: list[Part], step_s: float) -> Table:
    rows: list[list[str | float | int | None]] = [
        [part.name, round(1e3 * part.share * step_s, 3), round(100 * part.share, 1), part.known_by] for part in parts
    ]
    return Table(columns=["phase", "ms a step", "share, %", "known by"], rows=rows)


def _some_steps(steps: list[Step], spans: list[Piece]) -> Timeline:
    """Waits, spans, and what is left of each step, of the last steps up to one that has spans, on one lane."""
    last = max((span.end for span in spans), default=inf)
    shown = [step for step in steps if step.start <= last][-SHOWN_STEPS:] or steps[-SHOWN_STEPS:]
    begun = shown[0].start - shown[0].wait_s
    blocks = []
    for step in shown:
        inside = [span for span in spans if step.start <= span.start and span.end <= step.end]
        inside.sort(key=lambda span: span.start)
        pieces = [Piece(WAIT, step.start - step.wait_s, step.start), *_filled(step, inside)]
        blocks += [
            Block(lane="steps", start=round(start - begun, 6), end=round(end - begun, 6), kind=name)
            for name, start, end in pieces
            if end > start
        ]
    which = f"The last {len(shown)} steps" if last >= steps[-1].start else f"{len(shown)} steps, the last with spans"
    return Timeline(heading=which, lanes=["steps"], blocks=blocks)


def _filled(step: Step, spans: list[Piece]) -> Iterator[Piece]:
    now = step.start
    for span in spans:
        if span.start < now:  # within the one before
            continue
        yield Piece("rest of the step", now, span.start)
        yield span
        now = span.end
    yield Piece("rest of the step", now, step.end)


def _samples_beside(record: Record, started: RunStarted) -> Iterator[Sample]:
    """Samples of profiles that the run's own process took."""
    for other in runs(record.path.parent):
        profiled = other.started if other.id != record.id else None
        if profiled and profiled.kind == "profile" and _process(profiled) == _process(started):
            yield from _samples(other)


def _process(started: RunStarted) -> tuple[str, str, int, float]:
    return started.host, started.boot_id, started.pid, started.process_started


def _samples(record: Record) -> Iterator[Sample]:
    """The main thread's samples as their phases, those whose time is known."""
    sources = _sources(record)
    for event in record.events():
        if not isinstance(event, Stacks) or event.lane != "main" or len(event.order) != len(event.gaps_s):
            continue
        phases = _phases(event, sources)
        now = event.at
        for place, gap_s in zip(event.order, event.gaps_s, strict=True):
            now += gap_s
            yield Sample(phases[place], now, gap_s)


def _phases(event: Stacks, sources: dict[str, list[str]]) -> list[Phase]:
    """Of each stack."""
    frames = [Frame.parse(text) for text in event.frames]
    cpu_s: Sequence[float | None] = event.cpu_s or [None] * len(event.stacks)
    lines = [_line(frame, sources) for frame in frames]
    return [
        phase_of([frames[place] for place in stack], Weight(wall, cpu), lines[stack[-1]] if stack else "")
        for stack, wall, cpu in zip(event.stacks, event.weights_s, cpu_s, strict=False)
    ]


def _sources(record: Record) -> dict[str, list[str]]:
    """The lines of the user's own places, where the record has them."""
    kept = [artifact for artifact in record.artifacts if artifact.kind == SOURCES]
    return msgspec.json.decode(record.open(kept[-1]), type=dict[str, list[str]]) if kept else {}


def _line(frame: Frame, sources: dict[str, list[str]]) -> str:
    lines = sources.get(frame.place, [])
    return lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""
