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


class Flame(Shape, tag="flame"):
    """Boxes within boxes, as wide as their weight: where time or memory went, by call stack.

    Box number i is called `names[name[i]]`, lies on box `parent[i]` (-1: on the ground) and weighs `weight[i]`, its
    own part and that of the boxes on it. A parent comes before the boxes on it. `unit` is "s", "bytes" or a word.
    """

    names: list[str]
    """Each name once."""
    name: list[int]
    parent: list[int]
    weight: list[float]
    unit: str = "s"


class Heatmap(Shape, tag="heatmap"):
    """A number for each row and column, as a colour from low to high; None and NaN leave a hole.

    Columns that are numbers are places on the x axis: their panel shares its zoom with others of the same `x_label`.
    """

    rows: list[str]
    columns: list[str | float]
    values: list[list[float | None]]
    """A list a row, each as long as `columns`."""
    x_label: str = ""
    y_label: str = ""
    unit: str = ""
    """Follows each number, as in `Bars`."""


class Node(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A box of a graph; `name` is its own among the nodes."""

    name: str
    kind: str = ""
    """Nodes of one kind share a colour and a mark."""
    note: str = ""
    """A few words beneath the name: a state, a shape, a size."""


class Edge(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An arrow between two nodes, by their names."""

    source: str
    target: str
    label: str = ""


class Graph(Shape, tag="graph"):
    """Boxes and arrows, laid out from left to right: what waits for what, what feeds what."""

    nodes: list[Node]
    edges: list[Edge]


class Table(Shape, tag="table"):
    """Rows of cells under column names; numbers are aligned right."""

    columns: list[str]
    rows: list[list[str | float | int | None]]


class Text(Shape, tag="text"):
    """Sentences, one a line."""

    lines: list[str]


AnyShape = Lines | Bars | Timeline | Flame | Heatmap | Graph | Table | Text


class Scene(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All of one view: the state in words, the panels beneath it, the commands on offer."""

    title: str
    panels: list[AnyShape]
    commands: list[str] = []
    """Names of the commands a host with buttons offers: pause, resume, stop, save, set.

    Of a queue also "cancel JOB" and "priority JOB NUMBER", with the number it has.
    """
