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
_LEAST_ROW = 0.03
"""Of the width that the boxes of a row fill together: a tower thinner than that only pushes down what is beneath."""
_WARM = ("#f4a582", "#fdb863", "#f6c28b", "#e9a06b", "#f7d08a", "#efb08c", "#f2ba6d", "#e8b29a")
_INK = "#1b130a"


class Weights(NamedTuple):
    """What a name weighs: on its own, and with the boxes on it; a name within itself counts once."""

    name: str
    own: float
    whole: float


def draw_flame(flame: Flame, width: float, theme: Theme) -> Drawing:
    """Boxes too narrow to see, rows that hardly hold any and those beyond the twentieth are left out."""
    total = sum(weight for weight, parent in zip(flame.weight, flame.parent, strict=True) if parent < 0)
    head = draw_heading(flame.heading, with_unit(total, flame.unit) if total > 0 else "", [], width, theme)
    if total <= 0:
        return Drawing(head.body + words(0, head.height + 13, "no data yet", SMALL, theme.muted), head.height + 20)
    boxes = list(_in_sight(flame, width / total))
    num_rows = _rows_worth(flame, boxes, total)
    colours = _colours(flame.names)
    body = head.body
    for box, left, depth in boxes:
        if depth >= num_rows:
            continue
        wide, y = flame.weight[box] * width / total, head.height + depth * _ROW
        name = flame.name[box]
        body += rect(left, y, wide - 0.7, _ROW - 1, colours[name])
        text = fit(flame.names[name], wide - 6, SMALL) if wide > 24 else ""
        body += words(left + 3, y + 12.5, text, SMALL, _INK) if len(text) > 1 else ""
    return Drawing(body, head.height + num_rows * _ROW + 6)


def _rows_worth(flame: Flame, boxes: list[tuple[int, float, int]], total: float) -> int:
    """Rows from the ground to the last that boxes fill enough to be worth its height."""
    filled = [0.0] * _MAX_ROWS
    for box, _, depth in boxes:
        filled[depth] += flame.weight[box]
    return max(depth + 1 for depth, weight in enumerate(filled) if weight >= _LEAST_ROW * total or depth == 0)


def _colours(names: list[str]) -> list[str]:
    """A colour a name: those of one file or package, in brackets at the end, share theirs."""
    groups: dict[str, int] = {}
    return [_WARM[groups.setdefault(_group(name), len(groups)) % len(_WARM)] for name in names]


def _group(name: str) -> str:
    _, bracket, place = name.rpartition(" (")
    return place.rstrip(")").partition("/")[0] if bracket else name


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
    rest = 1e-9 * max(whole, default=0.0)  # what subtracting leaves of nothing
    found = [Weights(name, own[at] if own[at] > rest else 0.0, whole[at]) for at, name in enumerate(flame.names)]
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
