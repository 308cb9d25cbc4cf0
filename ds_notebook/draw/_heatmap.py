"""A panel of rows and columns, a colour a cell, its scale above it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise
from math import isfinite

from ds_notebook.draw._bars import with_unit
from ds_notebook.draw._legend import draw_heading
from ds_notebook.draw._mark import Drawing, px, rect, words, words_at
from ds_notebook.draw._theme import SMALL, Theme
from ds_notebook.draw._words import fit, width_of
from ds_notebook.draw.shapes import Heatmap
from ds_notebook.draw.ticks import number

_STEPS = 12
_MAX_ROWS, _MAX_COLUMNS = 40, 160
_STOPS = {
    ("one", "light"): ((237, 243, 248), (158, 196, 222), (60, 132, 184), (8, 62, 116), (4, 28, 62)),
    ("one", "dark"): ((31, 38, 46), (28, 73, 104), (42, 124, 158), (112, 184, 178), (234, 240, 187)),
    ("two", "light"): ((163, 67, 8), (229, 152, 94), (245, 244, 242), (112, 169, 207), (10, 84, 138)),
    ("two", "dark"): ((240, 168, 90), (150, 90, 40), (38, 42, 47), (40, 100, 140), (125, 195, 240)),
}
"""One hue getting stronger, or for numbers around zero two, away from the middle."""

Cell = float | None


def draw_heatmap(heatmap: Heatmap, width: float, theme: Theme) -> Drawing:
    """The first forty rows; of columns closer than a few pixels the value farthest from zero."""
    head = draw_heading(heatmap.heading, heatmap.y_label, [], width, theme)
    rows = [_thinned(row) for row in heatmap.values[:_MAX_ROWS]]
    if not rows or not heatmap.columns:
        return Drawing(head.body + words(0, head.height + 13, "no data yet", SMALL, theme.muted), head.height + 20)
    low, high = _reach(cell for row in rows for cell in row)
    colours = _colours("two" if low < 0 < high else "one", theme)
    names = [fit(name, width * 0.28, SMALL) for name in heatmap.rows[:_MAX_ROWS]]
    left = max(width_of(name, SMALL) for name in names) + 8
    top, row_height = head.height + 20, max(8.0, min(20.0, 400 / len(rows)))
    body = head.body + _scale(low, high, heatmap.unit, head.height, colours, theme)
    every = 1 if row_height >= 12 else 2
    middles = (
        (left - 6, top + (at + 0.5) * row_height + 3.6, name) for at, name in enumerate(names) if at % every == 0
    )
    body += words_at(middles, SMALL, theme.ink, anchor="end")
    body += _cells(rows, (left, top, (width - left) / len(rows[0]), row_height), (low, high), colours)
    bottom = top + row_height * len(rows)
    body += _foot(heatmap, left, width, bottom, theme)
    if hidden := len(heatmap.rows) - len(rows):
        body += words(0, bottom + 28, f"… and {hidden} more rows", SMALL, theme.muted)
    return Drawing(body, bottom + 34)


def _thinned(row: list[Cell]) -> list[Cell]:
    """At most `_MAX_COLUMNS` cells, None for what is no number."""
    cells = [cell if cell is not None and isfinite(cell) else None for cell in row]
    if len(cells) <= _MAX_COLUMNS:
        return cells
    parts = [len(cells) * at // _MAX_COLUMNS for at in range(_MAX_COLUMNS + 1)]
    found = [[cell for cell in cells[start:end] if cell is not None] for start, end in pairwise(parts)]
    return [max(part, key=abs) if part else None for part in found]


def _reach(cells: Iterable[Cell]) -> tuple[float, float]:
    finite = [cell for cell in cells if cell is not None]
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if low < 0 < high:
        return min(low, -high), max(high, -low)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _colours(hues: str, theme: Theme) -> list[str]:
    stops = _STOPS[hues, "light" if theme.paper == "#fff" else "dark"]
    colours = []
    for step in range(_STEPS):
        at, part = divmod(step / (_STEPS - 1) * (len(stops) - 1), 1)
        from_, to = stops[int(at)], stops[min(int(at) + 1, len(stops) - 1)]
        red, green, blue = (round(a + (b - a) * part) for a, b in zip(from_, to, strict=True))
        colours.append(f"#{red:02x}{green:02x}{blue:02x}")
    return colours


def _step(value: float, reach: tuple[float, float]) -> int:
    share = (value / 2 - reach[0] / 2) / ((reach[1] / 2 - reach[0] / 2) or 1.0)
    return max(0, min(_STEPS - 1, round(share * (_STEPS - 1))))


def _cells(
    rows: list[list[Cell]],
    box: tuple[float, float, float, float],
    reach: tuple[float, float],
    colours: list[str],
) -> str:
    """One path a colour: neighbours that look alike are one rectangle, because a renderer's price is by the element."""
    left, top, wide, high = box
    paths = [""] * _STEPS
    for at, row in enumerate(rows):
        steps = [None if cell is None else _step(cell, reach) for cell in row]
        start = 0
        for step, run in groupby(steps):
            count = len(list(run))
            if step is not None:
                corner = f"M{px(left + start * wide)} {px(top + at * high)}"
                paths[step] += f"{corner}h{px(count * wide)}v{px(high)}h{px(-count * wide)}z"
            start += count
    drawn = zip(paths, colours, strict=True)
    return "".join(f'<path d="{path}" fill="{colour}" shape-rendering="crispEdges"/>' for path, colour in drawn if path)


def _scale(low: float, high: float, unit: str, y: float, colours: list[str], theme: Theme) -> str:
    first = with_unit(low, unit)
    x = width_of(first, SMALL) + 6
    body = words(0, y + 11, first, SMALL, theme.muted)
    body += "".join(rect(x + 8 * at, y + 2, 8.5, 10, colour) for at, colour in enumerate(colours))
    return body + words(x + 8 * len(colours) + 6, y + 11, with_unit(high, unit), SMALL, theme.muted)


def _foot(heatmap: Heatmap, left: float, width: float, bottom: float, theme: Theme) -> str:
    """As many column names as have room, and what they are."""
    names = [name if isinstance(name, str) else number(name, 7) for name in heatmap.columns]
    wide = (width - left) / len(names)
    widest = max(width_of(name, SMALL) for name in names) + 12
    every = max(1, -int(-min(widest, 90.0) // wide))
    shown = [(at, fit(name, wide * every - 4, SMALL)) for at, name in enumerate(names) if at % every == 0]
    places = (
        (min(left + (at + 0.5) * wide, width - width_of(name, SMALL) / 2), bottom + 14, name) for at, name in shown
    )
    body = words_at(places, SMALL, theme.muted, anchor="middle")
    return body + words(width, bottom + 28, fit(heatmap.x_label, width / 2, SMALL), SMALL, theme.muted, anchor="end")
