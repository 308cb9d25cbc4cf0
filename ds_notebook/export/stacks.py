"""The stacks of a record as other tools take them: each frame once, each lane's stacks in time where that is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ds_notebook.export.lanes import Piece
from ds_notebook.export.names import shown
from ds_notebook.record import Record
from ds_notebook.record.events import Stacks
from ds_notebook.record.frames import Frame

MOST_SAMPLES = 100_000
"""Of a lane: of more, each stack is told once with all of its time. As speedscope's JSON so many are 13 MB."""

Path = tuple[int, ...]


class Lane(NamedTuple):
    """One thread's or process's stacks and their seconds; in the order of time, or heaviest first."""

    name: str
    begun: float
    """Unix seconds."""
    stacks: list[tuple[Path, float]]
    in_time: bool


class Sampled(NamedTuple):
    """All of a record's stacks; a path holds places in `frames`, root first."""

    frames: list[Frame]
    lanes: list[Lane]

    def remarks(self) -> list[str]:
        """A sentence for each lane that is not in time."""
        return [
            f"The stacks of {shown(lane.name)} stand merged, heaviest first: they are more than {MOST_SAMPLES:,}, or "
            "the record does not say when each was."
            for lane in self.lanes
            if not lane.in_time
        ]

    def text(self, number: int) -> str:
        """A frame on one line, as the record has it."""
        return shown(str(self.frames[number]) if self.frames[number].place else self.frames[number].function)


def sampled(record: Record) -> Sampled:
    """The stacks of `record`; none where nothing was profiled in it."""
    numbers: dict[str, int] = {}
    lanes: dict[str, _Lane] = {}
    for event in record.events():
        if isinstance(event, Stacks) and event.stacks:
            own = [numbers.setdefault(text, len(numbers)) for text in event.frames]
            lanes.setdefault(event.lane, _Lane(event)).add(event, own)
    order = sorted(lanes.values(), key=lambda lane: (lane.name != "main", -sum(lane.merged.values())))
    return Sampled([Frame.parse(text) for text in numbers], [lane.whole() for lane in order])


class _Lane:
    """Bounded: the order is given up where it would grow too long."""

    def __init__(self, first: Stacks) -> None:
        self.name = first.lane
        self.merged: dict[Path, float] = {}
        self._begun = first.at
        self._order: list[tuple[Path, float]] | None = []

    def add(self, event: Stacks, numbers: list[int]) -> None:
        paths = [tuple(map(numbers.__getitem__, stack)) for stack in event.stacks]
        for path, spent in zip(paths, event.weights_s, strict=False):
            self.merged[path] = self.merged.get(path, 0.0) + spent
        if not event.order or len(event.order) != len(event.gaps_s):
            self._order = None
        if self._order is None:
            return
        for number, gap_s in zip(event.order, event.gaps_s, strict=True):
            path = paths[number]
            if self._order and self._order[-1][0] == path:
                gap_s += self._order.pop()[1]
            self._order.append((path, gap_s))
        if len(self._order) > MOST_SAMPLES:
            self._order = None

    def whole(self) -> Lane:
        if self._order is not None:
            return Lane(self.name, self._begun, self._order, in_time=True)
        heaviest = sorted(self.merged.items(), key=lambda pair: -pair[1])[:MOST_SAMPLES]
        return Lane(self.name, self._begun, heaviest, in_time=False)


def stack_pieces(found: Sampled) -> Iterator[Piece]:
    """Each call as a piece on a time line, from the sample that first saw it to the one that did no more."""
    for lane in found.lanes:
        if lane.in_time:
            yield from _calls(found, lane)


def _calls(found: Sampled, lane: Lane) -> Iterator[Piece]:
    now = lane.begun
    opened: list[tuple[int, float]] = []
    for path, gap_s in [*lane.stacks, ((), 0.0)]:
        same = 0
        while same < len(opened) and same < len(path) and opened[same][0] == path[same]:
            same += 1
        for number, start in opened[same:]:
            yield Piece(f"samples of {lane.name}", found.text(number), start, now, None)
        opened[same:] = [(number, now) for number in path[same:]]
        now += gap_s
