"""Whether a notebook takes the parameters that it is given: papermill would run it with its own values."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_TAG = "parameters"


def unknown_parameters(notebook: Any, names: Iterable[str]) -> str:  # a notebook's JSON
    """Why some of `names` would change nothing, as the end of a sentence; "" where all are taken, or nobody can tell.

    Values are put behind the cell with the tag "parameters"; without one they come first of all, and what a cell sets
    later stands.
    """
    if _language(notebook.get("metadata") or {}) != "python":
        return ""
    code = [cell for cell in notebook["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    tagged = [cell for cell in code if _TAG in (cell.get("metadata") or {}).get("tags", ())]
    set_there = [_names_set(cell) for cell in tagged or code]
    known = {name for each in set_there if each for name in each}
    if tagged and None not in set_there and (wrong := [name for name in names if name not in known]):
        there = ", ".join(sorted(known)) or "none"
        return f"has no parameter {wrong[0]!r}: the cell with the tag {_TAG!r} sets {there}"
    if not tagged and (lost := [name for name in names if name in known]):
        return f"sets {lost[0]} itself, after the parameter: give the cell that does it the tag {_TAG!r}"
    return ""


def _language(metadata: Mapping[str, Any]) -> str:
    places = (("kernelspec", "language"), ("language_info", "name"))
    said = ((metadata.get(place) or {}).get(name) for place, name in places)
    return str(next(filter(None, said), "python")).lower()


def _names_set(cell: dict[str, Any]) -> set[str] | None:
    """The variables that a cell's own lines set; None for what is no Python."""
    source = cell.get("source", "")
    try:
        tree = ast.parse(source if isinstance(source, str) else "".join(source))
    except (SyntaxError, ValueError):
        return None
    return {node.id for node in _outside_functions(tree) if isinstance(node, ast.Name) and not _is_read(node)}


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _outside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _outside_functions(node)
