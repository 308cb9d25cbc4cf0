"""Where the nodes of a graph stand: in layers from left to right, neighbours near one another."""

from __future__ import annotations

from dataclasses import dataclass, field

from ds_notebook.draw.shapes import Graph, Node

_SWEEPS = 6


@dataclass(slots=True)
class Placed:
    """A node, its column and its row; rows of a column lie around zero."""

    node: Node
    layer: int = 0
    row: float = 0.0
    before: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)


def layout(graph: Graph) -> list[Placed]:
    """Nodes in the order given; an edge back along a cycle does not move its target."""
    index = {node.name: at for at, node in enumerate(graph.nodes)}
    placed = [Placed(node) for node in graph.nodes]
    for edge in graph.edges:
        source, target = index.get(edge.source), index.get(edge.target)
        if source is not None and target is not None and source != target:
            placed[source].after.append(target)
            placed[target].before.append(source)
    _set_layers(placed)
    _set_rows(placed)
    return placed


def _set_layers(placed: list[Placed]) -> None:
    """Each node one layer behind the last of those before it: Kahn's order; what is left is in a cycle."""
    missing = [len(node.before) for node in placed]
    todo = dict.fromkeys(range(len(placed)))
    ready = [at for at in todo if missing[at] == 0]
    while todo:
        at = ready.pop(0) if ready else next(iter(todo))
        if at not in todo:
            continue
        del todo[at]
        for after in placed[at].after:
            if after in todo:
                placed[after].layer = max(placed[after].layer, placed[at].layer + 1)
                missing[after] -= 1
                if missing[after] == 0:
                    ready.append(after)


def _set_rows(placed: list[Placed]) -> None:
    """Within a layer in the order of the mean of their neighbours' rows, a few times forwards and back."""
    layers: dict[int, list[int]] = {}
    for at, node in enumerate(placed):
        layers.setdefault(node.layer, []).append(at)
    columns = [layers[layer] for layer in sorted(layers)]
    for column in columns:
        _spread(placed, column)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        for column in columns if forwards else reversed(columns):
            wish = {at: _mean_row(placed, at, forwards) for at in column}
            column.sort(key=wish.__getitem__)
            _spread(placed, column)


def _spread(placed: list[Placed], column: list[int]) -> None:
    for row, at in enumerate(column):
        placed[at].row = row - (len(column) - 1) / 2


def _mean_row(placed: list[Placed], at: int, forwards: bool) -> float:
    near = placed[at].before if forwards else placed[at].after
    return sum(placed[other].row for other in near) / len(near) if near else placed[at].row
