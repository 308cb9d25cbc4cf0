"""A panel of boxes within boxes: the callers on top, each box as wide as its weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ds_notebook.draw._bars import with_unit
from ds_notebook.draw._legend import draw_heading
from ds_notebook.draw._mark import Drawing, rect, words
from ds_notebook.draw._theme import SMALL, Theme
from ds_notebook.draw._words import fit
from ds_notebook.draw.shapes import Flame

_ROW = 18.0
_MAX_ROWS = 20
_LEAST = 1.5
"""Pixels that a box must be wide to be drawn."""
_WARM = ("#f4a582", "#fdb863", "#f6c28b", "#e9a06b", "#f7d08a", "#efb08c", "#f2ba6d", "#e8b29a")
_INK = "#1b130a"


class Weights(NamedTuple):
    """What a name weighs: on its own, and with the boxes on it; a name within itself counts once."""

    name: str
    own: float
    whole: float


def draw_flame(flame: Flame, width: float, theme: Theme) -> Drawing:
    """Boxes too narrow to see and rows beyond the twentieth are left out."""
    total = sum(weight for weight, parent in zip(flame.weight, flame.parent, strict=True) if parent < 0)
    head = draw_heading(flame.heading, with_unit(total, flame.unit) if total > 0 else "", [], width, theme)
    if total <= 0:
        return Drawing(head.body + words(0, head.height + 13, "no data yet", SMALL, theme.muted), head.height + 20)
    body, deepest = head.body, 0
    for box, left, depth in _in_sight(flame, width / total):
        wide, y = flame.weight[box] * width / total, head.height + depth * _ROW
        name = flame.name[box]
        body += rect(left, y, wide - 0.7, _ROW - 1, _WARM[name % len(_WARM)])
        text = fit(flame.names[name], wide - 6, SMALL) if wide > 24 else ""
        body += words(left + 3, y + 12.5, text, SMALL, _INK) if len(text) > 1 else ""
        deepest = max(deepest, depth)
    return Drawing(body, head.height + (deepest + 1) * _ROW + 6)


def weights(flame: Flame) -> list[Weights]:
    """Each name's weight, the one with the most of its own first."""
    own = [0.0] * len(flame.names)
    whole = [0.0] * len(flame.names)
    above: list[frozenset[int]] = []
    for name, parent, weight in zip(flame.name, flame.parent, flame.weight, strict=True):
        callers = above[parent] if parent >= 0 else frozenset[int]()
        own[name] += weight
        if parent >= 0:
            own[flame.name[parent]] -= weight
        if name not in callers:
            whole[name] += weight
            callers |= {name}
        above.append(callers)
    found = [Weights(name, own[at], whole[at]) for at, name in enumerate(flame.names)]
    return sorted(found, key=lambda row: -row.own)


def _in_sight(flame: Flame, px_per_unit: float) -> Iterator[tuple[int, float, int]]:
    """Number, left edge and depth of each box to draw, the heaviest child at the left."""
    children: dict[int, list[int]] = {}
    for box, parent in enumerate(flame.parent):
        if flame.weight[box] * px_per_unit >= _LEAST:
            children.setdefault(parent, []).append(box)
    waiting = [(-1, 0.0, -1)]
    while waiting:
        parent, left, depth = waiting.pop()
        if depth + 1 >= _MAX_ROWS:
            continue
        for box in sorted(children.get(parent, []), key=lambda box: -flame.weight[box]):
            yield box, left, depth + 1
            waiting.append((box, left, depth + 1))
            left += flame.weight[box] * px_per_unit
