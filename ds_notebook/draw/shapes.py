"""What a view is made of: a `Scene` of panels, each panel one shape of plain numbers and words.

A shape is bounded and already downsampled; a host (SVG, terminal, browser) only draws it.
"""

from __future__ import annotations

import msgspec


class Shape(msgspec.Struct, kw_only=True, tag_field="shape", omit_defaults=True):
    """One panel's content under its heading."""

    heading: str = ""


class Series(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One curve: `x` rising, `y` as long as `x`; NaN and None break the line."""

    name: str
    x: list[float]
    y: list[float | None]
    markers: bool = False
    """Draw a dot at each point: for the few points of a validation curve."""


class Lines(Shape, tag="lines"):
    """Curves over a shared x axis; panels with the same `x_label` share their zoom."""

    series: list[Series]
    x_label: str = "step"
    y_label: str = ""
    log_y: bool = False


class Bars(Shape, tag="bars"):
    """A number a name, drawn in the order given on a horizontal axis; `unit` follows each number ("%", "ms").

    With the unit "s" numbers are durations, written as 12.3 ms or 3 min 20 s.
    """

    names: list[str]
    values: list[float]
    unit: str = ""


class Block(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A piece of work on a lane: `start` and `end` in seconds on the panel's time axis."""

    lane: str
    start: float
    end: float
    label: str = ""
    kind: str = ""
    """Blocks of one kind share a colour."""


class Timeline(Shape, tag="timeline"):
    """Blocks on lanes over seconds since the beginning; lanes are drawn in the order given."""

    lanes: list[str]
    blocks: list[Block]


class Table(Shape, tag="table"):
    """Rows of cells under column names; numbers are aligned right."""

    columns: list[str]
    rows: list[list[str | float | int | None]]


class Text(Shape, tag="text"):
    """Sentences, one a line."""

    lines: list[str]


AnyShape = Lines | Bars | Timeline | Table | Text


class Scene(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All of one view: the state in words, the panels beneath it, the commands on offer."""

    title: str
    panels: list[AnyShape]
    commands: list[str] = []
    """Names of the commands a host with buttons offers: pause, resume, stop, save, set."""
