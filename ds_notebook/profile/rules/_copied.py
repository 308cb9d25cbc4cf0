"""Lines that copy all that was gathered so far, to add a little: the n-th time costs n times the first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S
from ds_notebook.profile.rules._kept import runs_often
from ds_notebook.profile.rules._seconds import Spent, by, critical, innermost
from ds_notebook.profile.rules._source import Code, called, code, dotted

_JOINS = {"concatenate", "append", "vstack", "hstack", "dstack", "column_stack", "row_stack", "concat", "cat", "union"}
COPY_LOCAL = 20.0
"""Some hundred pieces, joined once instead of each time."""
_OF_TABLES = ("pd.concat", "pandas.concat")


class Copy(NamedTuple):
    """Such a line, its time, the name of what grows, and whether that is a table of pandas."""

    at: Frame
    spent: Spent
    grows: str
    is_table: bool


def copied(profile: Profile) -> Iterator[Copy]:
    """Each such line."""
    for at, spent in by(critical(profile), lambda stack: innermost(profile, stack)).items():
        tree = code(profile, at.place)
        if tree is None or spent.wall_s < REMARKABLE_S:
            continue
        grows = _grown_by(tree.statement(at.line))
        if grows and runs_often(tree, at.line) and not _is_cut(tree, grows):
            yield Copy(at, spent, grows, any(called(call) in _OF_TABLES for call in tree.calls(at.line)))


def _grown_by(statement: ast.stmt | None) -> str:
    """The name that a statement binds to itself and more: `all = np.concatenate([all, new])`, `all = all + [new]`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return ""
    target, value = dotted(statement.targets[0]), statement.value
    if isinstance(value, ast.Call) and called(value).rpartition(".")[2] in _JOINS:
        parts = [part for given in value.args for part in (_listed(given) or [given])]
        return target if any(dotted(part) == target for part in parts) else ""
    match value:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.List()) if dotted(left) == target:
            return target
    return ""


def _listed(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List | ast.Tuple) else []


def _is_cut(tree: Code, grows: str) -> bool:
    """Whether some line leaves a part of it alone: then it does not grow for ever."""
    assigned = [node for node in ast.walk(tree.tree) if isinstance(node, ast.Assign)]
    cut = [node for node in assigned if isinstance(node.value, ast.Subscript) and dotted(node.value.value) == grows]
    return any(dotted(target) == grows for node in cut for target in node.targets)
