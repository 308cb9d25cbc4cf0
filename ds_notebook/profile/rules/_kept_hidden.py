"""What keeps memory without putting it into a container: a sum of losses, a cache without a limit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.rules._seconds import share_within
from ds_notebook.profile.rules._source import Code, Function, called, code, dotted, keyword

MISSES = 0.05
"""Of the time a cached function computes, or what it keeps is not what grows."""


class Kept(NamedTuple):
    """Where memory is kept, and what to do about it."""

    at: Frame
    advice: str
    fix: str


def differentiated(tree: Code) -> set[str]:
    """Names of which `backward` is called."""
    backward = [
        call.func for call in tree.all_calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "backward"
    ]
    return {dotted(function.value) for function in backward} - {""}


def summed(profile: Profile) -> Kept | None:
    """A sum in a loop to which losses are added as they are: all their graphs stay with it."""
    for place in profile.sources:
        tree = code(profile, place)
        for statement, name in _additions(tree) if tree else ():
            if tree and tree.loops(statement.lineno) and name in differentiated(tree):
                return Kept(
                    Frame(getattr(tree.function(statement.lineno), "name", "<module>"), place, statement.lineno),
                    "Add the number, not the tensor with all that it was computed from.",
                    f"total += {name}.item()",
                )
    return None


def _additions(tree: Code) -> Iterator[tuple[ast.stmt, str]]:
    """Statements `total += loss` and `total = total + loss`, with the name that is added."""
    for node in ast.walk(tree.tree):
        match node:
            case ast.AugAssign(op=ast.Add(), value=ast.Name(id=name)):
                yield node, name
            case ast.Assign(targets=[target], value=ast.BinOp(op=ast.Add(), left=left, right=ast.Name(id=name))):
                if dotted(target) and dotted(target) == dotted(left):
                    yield node, name


def cached(profile: Profile) -> Kept | None:
    """A function that often has something to compute, and whose results are all kept."""
    for place in profile.sources:
        tree = code(profile, place)
        for node in ast.walk(tree.tree) if tree else ():
            if not isinstance(node, ast.FunctionDef) or not _is_cached_without_limit(node) or not node.args.args:
                continue
            if share_within(profile, place, range(node.lineno, (node.end_lineno or 0) + 1)) >= MISSES:
                return Kept(
                    Frame(node.name, place, node.lineno),
                    f"Nothing empties the cache of {node.name}: bound it.",
                    f"@functools.lru_cache(maxsize=1000)\ndef {node.name}(...):",
                )
    return None


def _is_cached_without_limit(function: Function) -> bool:
    for each in getattr(function, "decorator_list", []):
        if dotted(each).rpartition(".")[2] == "cache":
            return True
        if isinstance(each, ast.Call) and called(each).rpartition(".")[2] == "lru_cache":
            limit = keyword(each, "maxsize") or next(iter(each.args), None)
            if isinstance(limit, ast.Constant) and limit.value is None:
                return True
    return False
