"""The merged stacks as one Flame, cut so that it fits: what is too light to see stays in the box beneath it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from ds_notebook.draw import Flame
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Merged
from ds_notebook.profile.places import IMPORT, num_launching

LEAST_SHARE = 0.0005
"""Of the time: lighter boxes are left out."""
MOST_BYTES = 34_000
"""As JSON, of the 50 kB that a scene has."""
DEEPEST = 300
"""Boxes on each other; a sampler keeps fewer frames of a stack."""
_HARDER = 1.5
_DEEPEST_LAUNCH = 30
"""So deep may lie what only started the code, in a notebook for one."""

Names = tuple[str, ...]


def flame_of(merged: Merged, heading: str = "Where the time went", most_bytes: int = MOST_BYTES) -> Flame | None:
    """The flame of all lanes; None while there is no time."""
    return flame_from(seconds_by_names(merged), heading, most_bytes)


def seconds_by_names(merged: Merged, label: Callable[[Frame], str] | None = None) -> dict[Names, float]:
    """Each path of functions, without lines and without what only started the code, and its seconds.

    Where there are several lanes, each path begins with its lane's name.
    """
    lanes = merged.lanes()
    weights: dict[Names, float] = {}
    labels = [label(frame) for frame in merged.frames] if label else merged.labels
    for lane in lanes:
        root = (lane_name(lane),) if len(lanes) > 1 else ()
        for path, weight in merged.paths(lane):
            first = num_launching([merged.frames[number] for number in path[:_DEEPEST_LAUNCH]])
            names = root + _readable([labels[number] for number in path[first:]])
            weights[names] = weights.get(names, 0.0) + weight.wall_s
    return weights


def lane_name(lane: str) -> str:
    """What the box of a lane is called: many a program has a function `main`."""
    return "main thread" if lane == "main" else lane


def _readable(names: list[str]) -> Names:
    """Without what has no name; of the imports that a module sets off, the first says what all of them are."""
    if IMPORT not in names:
        return tuple(filter(None, names))
    first = names.index(IMPORT)
    return tuple(name for at, name in enumerate(names) if name and (name != IMPORT or at == first))


def flame_from(
    weights: Mapping[Names, float],
    heading: str,
    most_bytes: int = MOST_BYTES,
    renamed: Callable[[Names], str] | None = None,
) -> Flame | None:
    """The flame of paths of names with their seconds; `renamed` gives a box's own words by the path to it."""
    total = sum(weights.values())
    if total <= 0:
        return None
    least = LEAST_SHARE * total
    ground = _boxes(list(weights.items()), 0, least)
    while True:
        flame = _drawn(ground, least, heading, renamed)
        if len(msgspec.json.encode(flame)) <= most_bytes:
            return flame
        least *= _HARDER


class _Box(NamedTuple):
    name: str
    weight: float
    boxes: list[_Box]
    """Those on it, heaviest last."""


def _boxes(items: list[tuple[Names, float]], depth: int, least: float) -> list[_Box]:
    """The boxes at a depth that weigh `least` or more, heaviest last, with those on them."""
    groups: dict[str, list[tuple[Names, float]]] = {}
    for item in items:
        if depth < len(item[0]) and depth < DEEPEST:
            groups.setdefault(item[0][depth], []).append(item)
    boxes = []
    for name, group in groups.items():
        weight = sum(spent for _, spent in group)
        if weight >= least:
            boxes.append(_Box(name, weight, _boxes(group, depth + 1, least)))
    return sorted(boxes, key=lambda box: box.weight)


def _drawn(ground: list[_Box], least: float, heading: str, renamed: Callable[[Names], str] | None) -> Flame:
    names: dict[str, int] = {}
    name: list[int] = []
    parent: list[int] = []
    weight: list[float] = []
    waiting: list[tuple[_Box, int, Names]] = [(box, -1, ()) for box in ground]
    while waiting:
        box, below, path = waiting.pop()
        if box.weight < least:
            continue
        number, path = len(name), (*path, box.name)
        said = renamed(path) if renamed else box.name
        name.append(names.setdefault(said, len(names)))
        parent.append(below)
        weight.append(round(box.weight, 4))
        waiting += [(child, number, path) for child in box.boxes]
    return Flame(heading=heading, names=list(names), name=name, parent=parent, weight=weight)
