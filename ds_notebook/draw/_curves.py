"""One curve in a panel: a line where points are few, a band with its middle where they are dense, dots where alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from ds_notebook.draw._mark import marker, polyline
from ds_notebook.draw._theme import DASHES, MARKERS, Theme
from ds_notebook.draw.shapes import Series

Point = tuple[float, float]
Scale = Callable[[float], float]

_BAND_COLUMN, _MIDDLE_COLUMN = 1.0, 4.0
"""Pixels over which a band takes its extremes, and its middle the mean."""


def draw_curve(series: Series, to_x: Scale, to_y: Scale, style: int, theme: Theme, room: float) -> str:
    """The curve in the colour, dash and marker number `style`, on a plot `room` pixels wide.

    `to_x` and `to_y` give the pixels of a point; the series is sorted by x and finite but for its gaps.
    """
    colour, kind = colour_of(style, theme), MARKERS[style % len(MARKERS)]
    runs = list(_runs(series, to_x, to_y))
    dense = sum(map(len, runs)) > 1.2 * room
    drawn = [run for run in runs if len(run) > 1]
    body = ""
    if dense:
        body += _path("".join(_band(run) for run in drawn), f'fill="{colour}" fill-opacity=".32" {_CRISP}')
        drawn = [_middle(run) for run in drawn]
    stroke = f'fill="none" stroke="{colour}" stroke-width="16" stroke-linejoin="round"'
    body += _path("".join(map(polyline, drawn)), stroke + _dash(style, dashed=not series.markers))
    alone = [run[0] for run in runs if len(run) == 1]
    dots = [point for run in runs for point in run] if series.markers and not dense else alone
    radius = 3.4 if len(dots) < 40 else 2.0
    return body + "".join(marker(kind, x, y, colour, theme, radius) for x, y in dots[: int(room)])


def draw_sample(series: Series, x: float, y: float, style: int, theme: Theme) -> str:
    """The piece of curve that a legend shows, 20 pixels long."""
    colour = colour_of(style, theme)
    dash = _dash(style, dashed=not series.markers)
    body = _path(polyline([(x, y), (x + 20, y)]), f'fill="none" stroke="{colour}" stroke-width="20"{dash}')
    return body + (marker(MARKERS[style % len(MARKERS)], x + 10, y, colour, theme) if series.markers else "")


def colour_of(style: int, theme: Theme) -> str:
    """The colour of curve or kind number `style`."""
    return theme.series[style % len(theme.series)]


_CRISP = 'shape-rendering="crispEdges"'  # a third of the time that a smooth edge takes, and a noisy one hides it


def _runs(series: Series, to_x: Scale, to_y: Scale) -> Iterator[list[Point]]:
    pairs = zip(series.x, series.y, strict=True)
    for gap, run in groupby(pairs, key=lambda pair: pair[1] is None):
        if not gap:
            yield [(to_x(x), to_y(y)) for x, y in run if y is not None]


def _band(run: list[Point]) -> str:
    """From the lowest to the highest point of each pixel column, in steps: a slope would lose the tip of a spike."""
    columns = [list(column) for _, column in groupby(run, key=lambda point: int(point[0] / _BAND_COLUMN))]
    top: list[Point] = []
    bottom: list[Point] = []
    for column, after in zip(columns, [*columns[1:], columns[-1]], strict=True):
        left, right = column[0][0], max(after[0][0], column[0][0] + _BAND_COLUMN)
        heights = [y for _, y in column] + [after[0][1]]
        top += [(left, min(heights) - 0.5), (right, min(heights) - 0.5)]
        bottom += [(left, max(heights) + 0.5), (right, max(heights) + 0.5)]
    return polyline(top + bottom[::-1]) + "z"


def _middle(run: list[Point]) -> list[Point]:
    columns = [list(column) for _, column in groupby(run, key=lambda point: int(point[0] / _MIDDLE_COLUMN))]
    return [(sum(x for x, _ in column) / len(column), sum(y for _, y in column) / len(column)) for column in columns]


def _dash(style: int, *, dashed: bool) -> str:
    dash = DASHES[
        (style + style // len(DASHES)) % len(DASHES)
    ]  # the seventh curve has the first's colour, not its dash
    return f' stroke-dasharray="{dash}"' if dashed and dash else ""


def _path(data: str, paint: str) -> str:
    return f'<path transform="scale(.1)" d="{data}" {paint}/>' if data else ""
