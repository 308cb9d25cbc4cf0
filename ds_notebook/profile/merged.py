"""The stacks of a record as they come, each lane and path once, in bounded memory: what views draw from."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from ds_notebook.profile.folded import Frame
from ds_notebook.profile.places import label
from ds_notebook.record.events import Stacks

MOST_PATHS = 20_000
"""Distinct paths that are kept; of more, the lightest half are cut short."""
LIGHT = "(many light stacks)"
_KEPT_DEPTHS = (8, 4, 2, 1, 0)

Path = tuple[int, ...]
"""Numbers of frames, root first."""


class Weight(NamedTuple):
    """Seconds on the clock and on a core; `cpu_s` is None where it was not measured."""

    wall_s: float
    cpu_s: float | None


class _Sum:
    """What a path has come to, and its number."""

    __slots__ = ("cpu_s", "number", "wall_s")

    def __init__(self, number: int) -> None:
        self.number = number
        self.wall_s = 0.0
        self.cpu_s = 0.0


class Merged:
    """Call `add` with each Stacks event, in their order."""

    def __init__(self, most_paths: int = MOST_PATHS) -> None:
        self.frames: list[Frame] = []
        """Each frame once; paths hold places in this list."""
        self.labels: list[str] = []
        """What a box of a flame calls each of them."""
        self.num_samples = 0
        self._numbers: dict[str, int] = {}
        self._lanes: dict[str, dict[Path, _Sum]] = {}
        self._num_paths = 0
        self._num_met = 0
        self._most_paths = most_paths
        self._has_cpu: set[str] = set()

    def add(self, event: Stacks) -> tuple[list[int], list[tuple[Path, Weight]]]:
        """Take in an event.

        Gives the number of the path of each of its stacks, and the paths that were not met before with what they weigh
        in this event; those have the next numbers, from 0 on.
        """
        numbers = [self._number(text) if number is None else number for text, number in self._known(event.frames)]
        lane = self._lanes.setdefault(event.lane, {})
        if event.cpu_s:
            self._has_cpu.add(event.lane)
        fresh: list[tuple[Path, Weight]] = []
        met: list[int] = []
        frame_at = numbers.__getitem__
        for stack, wall, cpu in zip(event.stacks, event.weights_s, event.cpu_s or repeat(None), strict=False):
            path = tuple(map(frame_at, stack))
            sums = lane.get(path)
            if sums is None:
                sums = lane[path] = _Sum(self._num_met + len(fresh))
                fresh.append((path, Weight(wall, cpu)))
            met.append(sums.number)
            sums.wall_s += wall
            sums.cpu_s += cpu or 0.0
        self.num_samples += len(event.order) or len(met)
        self._num_met += len(fresh)
        self._num_paths += len(fresh)
        if self._num_paths > self._most_paths:
            self._shed()
        return met, fresh

    def _known(self, texts: list[str]) -> Iterator[tuple[str, int | None]]:
        return zip(texts, map(self._numbers.get, texts), strict=True)

    def _number(self, text: str) -> int:
        number = self._numbers.setdefault(text, len(self.frames))
        if number == len(self.frames):
            frame = Frame.parse(text)
            self.frames.append(frame)
            self.labels.append(label(frame))
        return number

    def _shed(self) -> None:
        """Cut the lightest half short, as far as is needed; their time stays, under the frames nearest to the root."""
        everything = sorted(sums.wall_s for lane in self._lanes.values() for sums in lane.values())
        least_s = everything[len(everything) // 2]
        light = self._number(LIGHT)
        for depth in _KEPT_DEPTHS:
            self._lanes = {name: _cut(lane, least_s, depth, light) for name, lane in self._lanes.items()}
            self._num_paths = sum(map(len, self._lanes.values()))
            if self._num_paths <= 0.75 * self._most_paths:
                return

    def lanes(self) -> list[str]:
        """Their names, the main one first, then the heaviest."""
        return sorted(self._lanes, key=lambda lane: (lane != "main", -self.total_s(lane)))

    def paths(self, lane: str) -> Iterator[tuple[Path, Weight]]:
        """The paths of a lane and their weights."""
        has_cpu = lane in self._has_cpu
        for path, sums in self._lanes.get(lane, {}).items():
            yield path, Weight(sums.wall_s, sums.cpu_s if has_cpu else None)

    def total_s(self, lane: str) -> float:
        """Seconds on the clock that a lane was watched."""
        return sum(sums.wall_s for sums in self._lanes.get(lane, {}).values())

    @property
    def wall_s(self) -> float:
        """Seconds that the profile covers: of its main lane, or of the longest."""
        return self.total_s("main") or max(map(self.total_s, self._lanes), default=0.0)


def _cut(lane: dict[Path, _Sum], least_s: float, depth: int, light: int) -> dict[Path, _Sum]:
    """The paths of a lane, those that are not heavier than `least_s` cut to `depth` frames and the number `light`."""
    kept = {path: sums for path, sums in lane.items() if sums.wall_s > least_s}
    for path, sums in lane.items():
        if sums.wall_s <= least_s:
            into = kept.setdefault((*path[:depth], light), _Sum(sums.number))
            into.wall_s += sums.wall_s
            into.cpu_s += sums.cpu_s
    return kept
