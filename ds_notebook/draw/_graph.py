"""A panel of boxes and arrows from left to right; each box says its kind in a word and a colour."""

from __future__ import annotations

from ds_notebook.draw._curves import colour_of
from ds_notebook.draw._layout import Placed, layout
from ds_notebook.draw._legend import Entry, draw_heading
from ds_notebook.draw._mark import Drawing, px, rect, words
from ds_notebook.draw._theme import BODY, SMALL, Theme
from ds_notebook.draw._words import fit
from ds_notebook.draw.shapes import Graph

_BOX, _ROW, _GAP = 32.0, 44.0, 40.0
_WIDEST = 170.0
_MAX_NODES = 120


def draw_graph(graph: Graph, width: float, theme: Theme) -> Drawing:
    """The first hundred and twenty nodes, as wide as the panel allows."""
    kinds = list(dict.fromkeys(node.kind for node in graph.nodes))
    entries = [Entry(rect(0, -5, 8, 10, colour_of(at, theme)), 8, kind) for at, kind in enumerate(kinds) if kind]
    head = draw_heading(graph.heading, "", entries, width, theme)
    placed = layout(Graph(nodes=graph.nodes[:_MAX_NODES], edges=graph.edges))
    if not placed:
        return Drawing(head.body + words(0, head.height + 13, "no data yet", SMALL, theme.muted), head.height + 20)
    layers = 1 + max(node.layer for node in placed)
    room = min(_WIDEST, (width - (layers - 1) * _GAP) / layers) if layers * 60 < width else width / layers * 0.75
    step = min((width - room) / (layers - 1), room + 1.6 * _GAP) if layers > 1 else 0.0
    highest = max(abs(node.row) for node in placed)
    middle = head.height + 4 + highest * _ROW
    spots = [(node.layer * step, middle + node.row * _ROW) for node in placed]
    body = head.body + "".join(_arrows(placed, at, spots, room, theme) for at in range(len(placed)))
    for node, spot in zip(placed, spots, strict=True):
        body += _box(node, spot, room, colour_of(kinds.index(node.node.kind), theme), theme)
    bottom = middle + highest * _ROW + _BOX
    if hidden := len(graph.nodes) - len(placed):
        body += words(0, bottom + 16, f"… and {hidden} more", SMALL, theme.muted)
        bottom += 18
    return Drawing(body, bottom + 8)


def _box(placed: Placed, spot: tuple[float, float], room: float, colour: str, theme: Theme) -> str:
    (x, y), node = spot, placed.node
    frame = (
        f'<rect x="{px(x)}" y="{px(y)}" width="{px(room)}" height="{px(_BOX)}" rx="4" fill="{theme.paper}"'
        f' stroke="{theme.axis}"/>'
    )
    body = frame + rect(x + 1, y + 3, 5, _BOX - 6, colour)
    note = fit(", ".join(filter(None, (node.kind, node.note))), room - 16, SMALL)
    name = fit(node.name, room - 16, BODY, bold=True)
    body += words(x + 12, y + (14 if note else 20), name, BODY, theme.ink, bold=True)
    return body + (words(x + 12, y + 26.5, note, SMALL, theme.muted) if note else "")


def _arrows(placed: list[Placed], at: int, spots: list[tuple[float, float]], room: float, theme: Theme) -> str:
    """From the right edge of a box to the left edge of each that follows; along a cycle around beneath."""
    body = ""
    x, y = spots[at][0] + room, spots[at][1] + _BOX / 2
    for after in placed[at].after:
        to_x, to_y = spots[after][0], spots[after][1] + _BOX / 2
        bend, dip = (max(14.0, (to_x - x) / 2), 0.0) if to_x > x else (50.0, _ROW * 0.9)
        curve = f"C{px(x + bend)} {px(y + dip)} {px(to_x - bend)} {px(to_y + dip)} {px(to_x - 6)} {px(to_y)}"
        body += f'<path d="M{px(x)} {px(y)}{curve}" fill="none" stroke="{theme.axis}" stroke-width="1.3"/>'
        body += f'<path d="M{px(to_x)} {px(to_y)}l-8-4v8z" fill="{theme.axis}"/>'
    return body
