"""The folded record of a profile: all that rules and views see of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import msgspec

from ds_notebook.profile.observed import Observed
from ds_notebook.record.events import AnyEvent, Stacks
from ds_notebook.record.frames import Frame as Frame

LaneKind = Literal["main", "thread", "process"]


class Stack(NamedTuple):
    """What a thread was doing, root first, and for how long."""

    lane: str
    frames: tuple[Frame, ...]
    wall_s: float
    cpu_s: float
    disk_s: float = 0.0


class Profile(msgspec.Struct, kw_only=True):
    """A profile as rules see it; a pure function of the record's events."""

    stacks: list[Stack]
    """Each lane and path once."""
    observed: Observed
    """What the hooks counted, and what the machine is."""
    sources: dict[str, list[str]] = {}
    """The lines of the user's own places, which are cells and files outside of libraries."""

    @property
    def wall_s(self) -> float:
        """Seconds that the profile covers."""
        return self.observed.wall_s

    def main(self) -> list[Stack]:
        """The stacks of the thread that ran the user's code."""
        return [stack for stack in self.stacks if stack.lane == "main"]

    def users(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Those frames that are the user's own code, in their order."""
        return (frame for frame in frames if frame.place in self.sources)

    def line(self, frame: Frame) -> str:
        """The text of a frame's line; empty where it is not the user's own."""
        lines = self.sources.get(frame.place, [])
        return lines[frame.line - 1] if 0 < frame.line <= len(lines) else ""


def lane_kind(lane: str) -> LaneKind:
    """ "main", "thread NAME", or "process PID ..." (a child, a loader's worker): what the lane's name begins with."""
    first = lane.partition(" ")[0]
    return "process" if first == "process" else "thread" if first == "thread" else "main"


def fold(events: Iterable[AnyEvent]) -> list[Stack]:
    """The stacks of a record, each lane and path once, heaviest first."""
    merged: dict[tuple[str, tuple[Frame, ...]], list[float]] = {}
    parsed: dict[str, Frame] = {}
    for event in events:
        if not isinstance(event, Stacks):
            continue
        frames = [parsed.get(text) or parsed.setdefault(text, Frame.parse(text)) for text in event.frames]
        for i, path in enumerate(event.stacks):
            key = (event.lane, tuple(frames[index] for index in path))
            sums = merged.setdefault(key, [0.0, 0.0, 0.0])
            for place, column in enumerate((event.weights_s, event.cpu_s, event.disk_s)):
                sums[place] += column[i] if i < len(column) else 0.0
    stacks = [Stack(lane, path, *sums) for (lane, path), sums in merged.items()]
    return sorted(stacks, key=lambda stack: -stack.wall_s)
