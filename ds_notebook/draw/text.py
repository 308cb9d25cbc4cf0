"""A scene as plain text: what a terminal, a diff and a screen reader see."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from textwrap import wrap
from unicodedata import combining, east_asian_width

from ds_notebook.draw._bars import with_unit
from ds_notebook.draw._flame import weights
from ds_notebook.draw._table import cell_texts, right_aligned
from ds_notebook.draw._words import clean
from ds_notebook.draw.shapes import (
    AnyShape,
    Bars,
    Flame,
    Graph,
    Heatmap,
    Lines,
    Node,
    Scene,
    Series,
    Table,
    Text,
    Timeline,
)
from ds_notebook.draw.ticks import number, seconds

_SPARK = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 24
_MOST_NAMES = 20
"""Names of a flame, the heaviest first."""
_NARROWEST = 12
"""Places that a column keeps where others are narrower still."""


def text(scene: Scene, width: int = 80) -> str:
    """The title, then each panel as a table, no line longer than `width`; the same scene gives the same text."""
    parts = [clean(scene.title)]
    parts += ["\n".join(_panel(panel, width)) for panel in scene.panels]
    lines = "\n\n".join(filter(None, parts)).split("\n")
    return "\n".join(_cut(line.rstrip(), width) for line in lines)


def sparkline(series: Series, width: int = _SPARK_WIDTH) -> str:
    """The course of a series in `width` characters at most: the mean of each part of x, a blank where there is none."""
    points = [(x, y) for x, y in zip(series.x, series.y, strict=True) if y is not None and isfinite(x) and isfinite(y)]
    if not points:
        return ""
    columns: list[list[float]] = [[] for _ in range(min(width, len(points)))]
    first, last = min(points)[0], max(points)[0]
    for at, (x, y) in enumerate(points):
        share = at / len(points) if len(points) <= width else (x / 2 - first / 2) / ((last / 2 - first / 2) or 1.0)
        columns[min(int(share * len(columns) + 1e-9), len(columns) - 1)].append(y)
    means = [sum(y / len(column) for y in column) if column else None for column in columns]
    low = min(mean for mean in means if mean is not None)
    high = max(mean for mean in means if mean is not None)
    half_span = (high / 2 - low / 2) or 1.0
    return "".join(" " if mean is None else _SPARK[int((mean / 2 - low / 2) / half_span * 7 + 0.5)] for mean in means)


def _panel(panel: AnyShape, width: int) -> Iterator[str]:
    heading = clean(panel.heading)
    match panel:
        case Lines():
            rows = [_curve(series) for series in panel.series]
            label = heading or clean(panel.y_label)
            yield from _aligned([[label, "last", "min", "max", ""], *rows], [False, True, True, True, False], width)
        case Bars():
            values = zip(panel.names, panel.values, strict=True)
            rows = [[f"  {clean(name)}", with_unit(value, panel.unit)] for name, value in values]
            yield from filter(None, [heading])
            yield from _aligned(rows, [False, True], width)
        case Timeline():
            yield from filter(None, [heading])
            yield from _aligned([_lane(panel, lane) for lane in panel.lanes], [False, True, False], width)
        case Flame():
            rows = [[f"  {clean(row.name)}", *(with_unit(w, panel.unit) for w in row[1:])] for row in weights(panel)]
            yield from _aligned([[heading, "own", "whole"], *rows[:_MOST_NAMES]], [False, True, True], width)
            yield from _more(len(rows) - _MOST_NAMES)
        case Heatmap():
            rows = [_curve(series) for series in _rows_of(panel)]
            yield from _aligned([[heading, "last", "min", "max", ""], *rows], [False, True, True, True, False], width)
        case Graph():
            yield from filter(None, [heading])
            yield from _aligned([_node(panel, node) for node in panel.nodes], [False] * 4, width)
        case Table():
            yield from filter(None, [heading])
            rows = [list(map(clean, panel.columns)), *cell_texts(panel)]
            yield from _aligned(rows, right_aligned(panel), width)
        case Text():
            yield from filter(None, [heading])
            for line in map(clean, panel.lines):
                yield from wrap(line, width) or [""]


def _curve(series: Series) -> list[str]:
    finite = [y for y in series.y if y is not None and isfinite(y)]
    if not finite:
        return [f"  {clean(series.name)}", "nan" if series.y else "none yet", "", "", ""]
    last = number(series.y[-1])
    return [f"  {clean(series.name)}", last, number(min(finite)), number(max(finite)), sparkline(series)]


def _rows_of(heatmap: Heatmap) -> Iterator[Series]:
    for name, values in zip(heatmap.rows, heatmap.values, strict=True):
        yield Series(name=name, x=list(map(float, range(len(values)))), y=values)


def _node(graph: Graph, node: Node) -> list[str]:
    targets = ", ".join(clean(edge.target) for edge in graph.edges if edge.source == node.name)
    return [f"  {clean(node.name)}", clean(node.kind), clean(node.note), f"→ {targets}" if targets else ""]


def _more(hidden: int) -> Iterator[str]:
    if hidden > 0:
        yield f"  … and {hidden} more"


def _lane(timeline: Timeline, lane: str) -> list[str]:
    totals: dict[str, float] = {}
    for block in timeline.blocks:
        if block.lane == lane:
            totals[block.kind] = totals.get(block.kind, 0.0) + block.end - block.start
    kinds = ", ".join(f"{clean(kind)} {seconds(total)}" for kind, total in totals.items() if kind)
    return [f"  {clean(lane)}", seconds(sum(totals.values())), kinds]


def _aligned(rows: list[list[str]], right: list[bool], width: int) -> Iterator[str]:
    """Columns two blanks apart; the widest give way where a line would be longer than `width`."""
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for row in rows:
        padded = []
        for cell, room, to_right in zip(row, widths, right, strict=True):
            shown = _cut(cell, room)
            blanks = " " * (room - _cells(shown))
            padded.append(blanks + shown if to_right else shown + blanks)
        yield "  ".join(padded)


def _cut(line: str, width: int) -> str:
    if _cells(line) <= width:
        return line
    while _cells(line) > width - 1:
        line = line[: min(len(line) - 1, width - 1)]
    return line + "…"


def _cells(line: str) -> int:
    """Places that `line` takes in a terminal: two for each East Asian wide character."""
    if line.isascii():
        return len(line)
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in line)
