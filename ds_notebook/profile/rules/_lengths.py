"""How many times a loop goes round, as far as the sizes that were seen tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.rules._crunching import types_around
from ds_notebook.profile.rules._source import called, code

_SIZE = re.compile(r" (\d+)(?:x\d+)*$")
_KEEP_LENGTH = ("enumerate", "zip", "sorted", "reversed", "list", "tuple", "set", "items", "values", "keys", "len")
_ROWS = ("itertuples", "iterrows", "index", "items", "tolist", "values")


def rounds(profile: Profile, at: Frame) -> int:
    """Rounds of the longest loop around a line in its function; 0 where none is known."""
    tree = code(profile, at.place)
    types = types_around(profile, at.place, at.function)
    around = tree.loops(at.line) if tree else []
    return max((_length(each, types) for loop in around for each in loop.iterables), default=0)


def passes(profile: Profile, frames: Iterable[Frame]) -> int:
    """Rounds of all loops around these lines, each within those before; one whose length is not known counts once."""
    times = 1
    for at in frames:
        tree = code(profile, at.place)
        types = types_around(profile, at.place, at.function)
        for loop in tree.loops(at.line) if tree else ():
            times *= max([1, *(_length(each, types) for each in loop.iterables)])
    return times


def _length(iterable: ast.expr, types: dict[str, str]) -> int:
    match iterable:
        case ast.Name() | ast.Attribute() if found := _SIZE.search(types.get(ast.unparse(iterable), "")):
            return int(found[1])
        case ast.Call() if called(iterable).rpartition(".")[2] == "range":
            last = iterable.args[min(1, len(iterable.args) - 1)] if iterable.args else None
            return (
                last.value
                if isinstance(last, ast.Constant) and isinstance(last.value, int)
                else _longest(iterable, types)
            )
        case ast.Call(func=ast.Attribute(value=of, attr=name)) if name in _KEEP_LENGTH + _ROWS:
            return _length(of, types)
        case ast.Call() if called(iterable) in _KEEP_LENGTH:
            return _longest(iterable, types)
        case ast.Attribute(value=of, attr=name) if name in _ROWS:
            return _length(of, types)
        case ast.Subscript(value=of, slice=ast.Constant(value=str())):
            return _length(of, types)
    return 0


def _longest(call: ast.Call, types: dict[str, str]) -> int:
    return max((_length(each, types) for each in call.args), default=0)
