"""Lines that give pandas a little to do again and again: a cell, a row, some of all rows.

Each call of pandas takes 5 to 500 microseconds of its own Python, whatever the size: a sampler then finds it at many
different lines, and not in the one where a long column is worked on.
"""

from __future__ import annotations

import ast

import msgspec

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.rules._crunching import types_around
from ds_notebook.profile.rules._lengths import rounds
from ds_notebook.profile.rules._seconds import by, innermost, inside, total
from ds_notebook.profile.rules._source import called, code, loops

FEW_ROWS = 1000
LARGEST_LEAF = 0.3
"""Of the time under a line, in one line of pandas or numpy: with more it works on something long."""
FEWEST_LEAVES = 8
FEWEST_ROUNDS = 20
"""Of looking all rows through: a handful of groups are as well taken one by one."""
IN_PANDAS = 0.5
LOOKING_UP = 0.7
"""Of the time under a line that takes a cell or a row by its key."""
_POSITIONS = ("loc", "iloc", "at", "iat")
_SCALARS = ("int", "str", "float", "Timestamp", "date", "datetime", "bool", "int64", "int32")


class Piece(msgspec.Struct, frozen=True):
    """Such a line, and the line that repeats it."""

    at: Frame
    repeated: Frame
    stacks: tuple[Stack, ...]
    local: float | None = None
    """How many times as fast it could be, where that is known from its rounds."""


def pieces(profile: Profile, stacks: list[Stack], least_s: float) -> list[Piece]:
    """Those that take at least so many seconds, the heaviest first."""
    found: list[Piece] = []
    for at, spent in by(stacks, lambda stack: innermost(profile, stack)).items():
        if spent.wall_s < least_s:
            break
        mine = [stack for stack in stacks if innermost(profile, stack) == at]
        repeated = next(filter(None, (_repeating(profile, stack) for stack in mine)), None)
        in_pandas_s = total(stack for stack in mine if in_pandas(stack)).wall_s
        if repeated is None or in_pandas_s < IN_PANDAS * spent.wall_s:
            continue
        local = _looked_through(profile, at, repeated)
        small = _is_small(profile, at) and (_is_spread(mine) or _looks_cells_up(mine))
        if local or _enlarges(profile, at) or small:
            found.append(Piece(at, repeated, tuple(mine), local))
    return found


def in_pandas(stack: Stack) -> bool:
    return any(inside(frame, "/pandas/core/") for frame in stack.frames)


def _repeating(profile: Profile, stack: Stack) -> Frame | None:
    """The innermost of the user's lines that a loop repeats, or that hands a function to pandas."""
    below: Frame | None = None
    handed_on = False
    for frame in reversed(stack.frames):
        if frame.place not in profile.sources:
            handed_on = handed_on or (below is not None and inside(frame, "/pandas/core/"))
            continue
        if loops(profile, frame) or handed_on:
            return frame
        below = frame
    return None


def _enlarges(profile: Profile, at: Frame) -> bool:
    """`df.loc[len(df)] = ...`, which copies all that is there for each row."""
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(
        isinstance(target, ast.Subscript)
        and isinstance(target.value, ast.Attribute)
        and target.value.attr == "loc"
        and any(isinstance(node, ast.Call) and called(node) == "len" for node in ast.walk(target.slice))
        for target in targets
    )


def _is_spread(stacks: list[Stack]) -> bool:
    leaves: dict[tuple[str, int], float] = {}
    for stack in stacks:
        leaf = (stack.frames[-1].place, stack.frames[-1].line)
        leaves[leaf] = leaves.get(leaf, 0.0) + stack.wall_s
    return len(leaves) >= FEWEST_LEAVES and max(leaves.values()) <= LARGEST_LEAF * sum(leaves.values())


def _looks_cells_up(stacks: list[Stack]) -> bool:
    """Most of the time is in `loc` and the like, however long one of pandas' lines takes there."""
    within = [stack for stack in stacks if any(inside(frame, "/pandas/core/indexing.py") for frame in stack.frames)]
    return total(within).wall_s >= LOOKING_UP * total(stacks).wall_s


def _is_small(profile: Profile, at: Frame) -> bool:
    """A cell or a row is taken or set on the line, or its frames have few rows."""
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    types = types_around(profile, at.place, at.function) | profile.observed.types.get(str(at), {})
    nodes = list(ast.walk(statement)) if statement else []
    if any(isinstance(node, ast.Subscript) and _takes_one(node, types) for node in nodes):
        return True
    names = {ast.unparse(node) for node in nodes if isinstance(node, ast.Name | ast.Attribute)}
    rows = [
        int(kind.rpartition(" ")[2].partition("x")[0]) for name, kind in types.items() if name in names and _table(kind)
    ]
    return bool(rows) and max(rows) <= FEW_ROWS


def _table(kind: str) -> bool:
    return kind.startswith(("DataFrame ", "Series["))


def _takes_one(subscript: ast.Subscript, types: dict[str, str]) -> bool:
    """`df.loc[i, "a"]`, `df.iloc[i]`, `df["a"][i]`, `row["a"]` of a row: no slice, no mask."""
    index = subscript.slice
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    kind = types.get(ast.unparse(subscript.value), "")
    if isinstance(subscript.value, ast.Attribute) and subscript.value.attr in _POSITIONS:
        return _is_scalar(parts[0], types)
    of_column = isinstance(subscript.value, ast.Subscript) and isinstance(subscript.value.slice, ast.Constant)
    return (of_column or kind.startswith("Series[")) and all(_is_scalar(part, types) for part in parts)


def _is_scalar(part: ast.expr, types: dict[str, str]) -> bool:
    match part:
        case ast.Constant() | ast.BinOp():
            return True
        case ast.Call():
            return called(part) in ("len", "int", "str")
        case ast.Name() | ast.Attribute():
            kind = types.get(ast.unparse(part), "").partition(" ")[0]
            return kind in _SCALARS or kind.startswith("tuple")  # a key of several levels
    return False


def _looked_through(profile: Profile, at: Frame, repeated: Frame) -> float | None:
    """Of a mask that picks the rows of one key, `df[df["id"] == key]`, as often as there are keys."""
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    types = types_around(profile, at.place, at.function) | profile.observed.types.get(str(at), {})
    masks = [node.slice for node in ast.walk(statement) if isinstance(node, ast.Subscript)] if statement else []
    compares = [node for mask in masks for node in ast.walk(mask) if isinstance(node, ast.Compare)]
    picks = any(
        isinstance(node.ops[0], ast.Eq) and _is_scalar(node.comparators[0], types) and _is_varying(node.comparators[0])
        for node in compares
    )
    times = rounds(profile, repeated) if picks else 0
    return times / 4 if times >= FEWEST_ROUNDS else None


def _is_varying(part: ast.expr) -> bool:
    return not isinstance(part, ast.Constant)
