"""The few SVG elements a picture is made of, as text; coordinates are rounded to a tenth of a pixel."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, NamedTuple

from ds_notebook.draw._theme import Theme
from ds_notebook.draw._words import quoted

Anchor = Literal["start", "middle", "end"]


class Drawing(NamedTuple):
    """A panel's elements, its top left corner at 0, 0, and the height it takes."""

    body: str
    height: float


def px(value: float) -> str:
    """Pixels in the fewest characters: 12, 12.5, -3."""
    return f"{round(value, 1) + 0.0:g}"


def words(
    x: float,
    y: float,
    text: str,
    size: float,
    fill: str,
    *,
    anchor: Anchor = "start",
    bold: bool = False,
) -> str:
    """One line of text whose baseline is at `y`."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{px(x)}" y="{px(y)}" font-size="{px(size)}" fill="{fill}"{place}{weight}>{quoted(text)}</text>'


def words_at(
    places: Iterable[tuple[float, float, str]],
    size: float,
    fill: str,
    *,
    anchor: Anchor = "start",
) -> str:
    """Many short texts of one kind, each at its x, y: one element, because a renderer's price is by the element."""
    spans = "".join(f'<tspan x="{px(x)}" y="{px(y)}">{quoted(text)}</tspan>' for x, y, text in places if text)
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text font-size="{px(size)}" fill="{fill}"{place}>{spans}</text>' if spans else ""


def rect(x: float, y: float, width: float, height: float, fill: str) -> str:
    """A filled rectangle."""
    return f'<rect x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}" fill="{fill}"/>'


def rules(lines: Iterable[tuple[float, float, float, float]], stroke: str, width: float = 1) -> str:
    """Straight lines, each from x, y by dx, dy; crisp, for grids and axes."""
    path = "".join(f"M{px(x)} {px(y)}l{px(dx)} {px(dy)}" for x, y, dx, dy in lines)
    return (
        f'<path d="{path}" stroke="{stroke}" stroke-width="{px(width)}" shape-rendering="crispEdges"/>' if path else ""
    )


def polyline(points: list[tuple[float, float]]) -> str:
    """Path data through `points` in tenths of a pixel, relative: a few characters a point and no rounding adds up."""
    whole = [(round(x * 10), round(y * 10)) for x, y in points]
    moves = "".join(f"{right - left:+}{below - above:+}" for (left, above), (right, below) in pairwise(whole))
    return f"M{whole[0][0]} {whole[0][1]}" + (f"l{moves}" if moves else "")


def marker(kind: str, x: float, y: float, fill: str, theme: Theme, radius: float = 3.2) -> str:
    """A dot with a rim in the colour of the paper, so that it stands out from the curves beneath."""
    rim = f'fill="{fill}" stroke="{theme.paper}" stroke-width="1"'
    r = radius
    if kind == "circle":
        return f'<circle cx="{px(x)}" cy="{px(y)}" r="{px(r)}" {rim}/>'
    if kind == "square":
        side = px(2 * r - 0.6)
        return f'<rect x="{px(x - r + 0.3)}" y="{px(y - r + 0.3)}" width="{side}" height="{side}" {rim}/>'
    if kind == "triangle":
        outline = f"M{px(x)} {px(y - r - 0.7)}l{px(r + 0.6)} {px(2 * r)}h{px(-2 * r - 1.2)}z"
    else:
        d = px(r + 1)
        outline = f"M{px(x)} {px(y - r - 1)}l{d} {d}l-{d} {d}l-{d}-{d}z"
    return f'<path d="{outline}" {rim}/>'
