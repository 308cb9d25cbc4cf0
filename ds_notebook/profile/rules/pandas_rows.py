"""A DataFrame is worked on row by row.

What it sees. Samples under `DataFrame.apply(axis=1)`, `iterrows`, `itertuples`, an arithmetic `Series.apply` or `map`,
single cells by `loc`, `iloc`, `at` in a loop, and `concat` of a growing frame in a loop; lines repeated by a loop
anywhere above that give pandas a cell, a row or a small table at a time, whose time lies all over pandas' own Python;
and masks that look all rows through for one key, for twenty keys or more.

Why it matters. pandas builds an object for each row; an operation on whole columns runs compiled.

Bad::

    df["total"] = df.apply(lambda row: row["price"] * row["count"], axis=1)

Good::

    df["total"] = df["price"] * df["count"]

How the remedy is verified. Simple expressions are rewritten by column and the two results compared.

When it stays silent. `apply` by column, operations on whole columns in a loop over columns, `apply` of a function of
texts (`.str` is no faster), and where the rows take under 5% of the time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._by_column import SKETCH, by_column
from ds_notebook.profile.rules._copied import COPY_LOCAL, copied
from ds_notebook.profile.rules._seconds import by, critical, innermost, inside, name, wall_s
from ds_notebook.profile.rules._small_pieces import Piece, in_pandas, pieces
from ds_notebook.profile.rules._source import Code, Loop, called, code, names_of

CODE = "pandas-rows"

COLUMNS_LOCAL = 300.0
"""Of arithmetic on whole columns beside `apply`: 360 times for 5,000 rows, 3,700 for 50,000, here."""
APPLY_LOCAL, LOOP_LOCAL = 7.0, 15.0
"""Of what has no simple column form: as plain dicts the rows of `apply` take a seventh of the time (6 to 8 times here),
those of `iterrows` a fifteenth (15 to 18)."""
_OF_NUMBERS = {"math", "np", "numpy", "abs", "min", "max", "round", "int", "float"}


LEAST_PIECE = 0.02
"""Of the time: less on one line is a sample or two."""


class _Rows(NamedTuple):
    """A line that goes by row, first and last line of its loop if that is one, and the seconds in it."""

    at: Frame
    covers: tuple[int, int]
    seconds: float
    local: float | None = None


def find(profile: Profile) -> Iterator[Found]:
    yield from _row_by_row(profile)
    yield from _growing(profile)


def _growing(profile: Profile) -> Iterator[Found]:
    """A table to which a little is added, again and again, by copying all of it."""
    for at, spent, grows, is_table in copied(profile):
        if is_table:
            share = spent.wall_s / wall_s(profile)
            yield Found(
                code=CODE,
                at=at,
                share=share,
                expected=expected_speedup(share, COPY_LOCAL),
                evidence=f"{share:.0%} of the time copies all of {grows} to add some rows to it.",
                advice="Gather the parts in a list, and make one table of them at the end.",
                fix=f"parts.append(part)\n...\n{grows} = pd.concat(parts, ignore_index=True)  # once",
            )


def _row_by_row(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    stacks = critical(profile)
    told: list[tuple[str, range]] = []
    for at, covers, seconds, local in [
        *_applied(profile, stacks),
        *_looped(profile, stacks),
        *_by_pieces(profile, stacks),
    ]:
        if seconds < REMARKABLE_S or any(at.place == place and at.line in lines for place, lines in told):
            continue
        told.append((at.place, range(covers[0], covers[1] + 1) if covers[0] else range(at.line, at.line + 1)))
        share, fix = seconds / whole_s, by_column(profile.line(at))
        yield Found(
            code=CODE,
            at=at,
            covers=covers,
            share=share,
            expected=expected_speedup(share, local or _local(fix, covers)),
            evidence=f"{share:.0%} of the time goes through a DataFrame row by row: {profile.line(at).strip()}.",
            advice="Work on whole columns; np.where and merge stand for if and look-ups.",
            fix=fix,
        )


def _local(fix: str, covers: tuple[int, int]) -> float:
    if fix != SKETCH:
        return COLUMNS_LOCAL
    return LOOP_LOCAL if covers[0] else APPLY_LOCAL


def _applied(profile: Profile, stacks: list[Stack]) -> Iterator[_Rows]:
    for at, spent in by(stacks, lambda stack: _apply_line(profile, stack)).items():
        yield _Rows(at, (0, 0), spent.wall_s)


def _apply_line(profile: Profile, stack: Stack) -> Frame | None:
    """The user's line that applies a function by row, or one of numbers by element."""
    caller: Frame | None = None
    applying, by_row = False, False
    for frame in stack.frames:
        if frame.place in profile.sources:
            if applying and (by_row or _arithmetic(profile, frame)):
                return caller
            caller, applying = frame, False
        elif inside(frame, "pandas/core/apply.py", "pandas/core/algorithms.py", "pandas/core/base.py"):
            applying = applying or "apply" in frame.function.lower() or name(frame) in ("map_array", "_map_values")
            by_row = by_row or frame.function.startswith(("FrameColumnApply", "FrameApply.apply_series_generator"))
            by_row = by_row and not frame.function.startswith("FrameRowApply")
    return caller if applying and by_row else None


def _arithmetic(profile: Profile, frame: Frame) -> bool:
    """Whether a function of one value only calculates: no texts, no methods."""
    tree = code(profile, frame.place)
    function = tree.function(frame.line) if tree else None
    nodes = list(ast.walk(function)) if function else []
    texts = any(isinstance(node, ast.JoinedStr) or isinstance(getattr(node, "value", None), str) for node in nodes)
    calls = {called(node).partition(".")[0] for node in nodes if isinstance(node, ast.Call)}
    return not texts and calls <= _OF_NUMBERS and any(isinstance(node, ast.BinOp | ast.Compare) for node in nodes)


def _looped(profile: Profile, stacks: list[Stack]) -> Iterator[_Rows]:
    """Loops over rows with all of Python and pandas in them, and single cells in other loops."""
    members: dict[tuple[str, int, int], list[Stack]] = {}
    for stack in stacks:
        at = innermost(profile, stack)
        loop = _row_loop(profile, at, stack) if at and _plain(profile, stack) else None
        if at and loop:
            members.setdefault((at.place, loop.first, loop.last), []).append(stack)
    for (_, first, last), inside_it in members.items():
        lines = by(inside_it, lambda stack: innermost(profile, stack))
        yield _Rows(next(iter(lines)), (first, last), sum(stack.wall_s for stack in inside_it))


def _by_pieces(profile: Profile, stacks: list[Stack]) -> Iterator[_Rows]:
    """Lines that give pandas a little at a time, those of one loop together."""
    groups: dict[Frame, list[Piece]] = {}
    for piece in pieces(profile, stacks, LEAST_PIECE * wall_s(profile)):
        groups.setdefault(piece.repeated, []).append(piece)
    for members in groups.values():
        seconds = sum(stack.wall_s for piece in members for stack in piece.stacks)
        yield _Rows(members[0].at, (0, 0), seconds, members[0].local or LOOP_LOCAL)


def _row_loop(profile: Profile, at: Frame, stack: Stack) -> Loop | None:
    tree = code(profile, at.place)
    if tree is None:
        return None
    head = tree.heads(at.line)
    around = [*tree.loops(at.line), *([head] if head else [])]
    over_rows = [loop for loop in around if any(_names_rows(tree, each, loop) for each in loop.iterables)]
    if over_rows:
        return None if _makes_what_is_looped_over(at, over_rows[0], stack) else over_rows[0]
    return around[-1] if around and in_pandas(stack) and _by_cell(profile, at, around) else None


def _makes_what_is_looped_over(at: Frame, loop: Loop, stack: Stack) -> bool:
    """Whether the line was in another call of the loop's head, as in `for row in frame.describe().iterrows()`."""
    calls = [node for each in loop.iterables for node in ast.walk(each) if isinstance(node, ast.Call)]
    once = {called(node).rpartition(".")[2] for node in calls} - {"iterrows", "itertuples"}
    beneath = stack.frames[stack.frames.index(at) + 1 :]
    return bool(beneath) and name(beneath[0]) in once


def _names_rows(tree: Code, iterable: ast.expr, loop: Loop) -> bool:
    calls = {called(node).rpartition(".")[2] for node in ast.walk(iterable) if isinstance(node, ast.Call)}
    return "iterrows" in calls or ("itertuples" in calls and _calculates(tree, loop.body, loop.targets))


def _calculates(tree: Code, body: list[ast.AST], rows: set[str], follow: bool = True) -> bool:
    """Arithmetic on a row's fields, there or in a function that is given the row: what else `itertuples` is used for
    has no column form."""
    nodes = [node for part in body for node in ast.walk(part)]
    if any(isinstance(node, ast.BinOp) and names_of(node) & rows for node in nodes):
        return True
    given = [
        call
        for call in nodes
        if isinstance(call, ast.Call) and any(isinstance(each, ast.Name) and each.id in rows for each in call.args)
    ]
    functions = [function for call in given if (function := tree.function_named(called(call).rpartition(".")[2]))]
    return follow and any(
        _calculates(tree, list(function.body), {each.arg for each in function.args.args}, follow=False)
        for function in functions
    )


def _by_cell(profile: Profile, at: Frame, around: list[Loop]) -> bool:
    """Whether a line of a loop takes or sets one cell or row by a number that the loop steps through, or lets a frame
    grow."""
    types = profile.observed.types.get(str(at), {})
    steps = {target for loop in around for target in loop.targets if types.get(target, "int").startswith("int")}
    tree = code(profile, at.place)
    statement = tree.statement(at.line) if tree else None
    for node in ast.walk(statement) if statement else ():
        if isinstance(node, ast.Subscript) and _one_of(node, steps):
            return True
        if statement and isinstance(node, ast.Call) and called(node).endswith("concat") and _grows(statement, node):
            return True
    return False


def _one_of(subscript: ast.Subscript, steps: set[str]) -> bool:
    """`df.loc[i, "a"]`, `df.iloc[i]`, `df["a"][i]`: no slice."""
    index = subscript.slice
    row = index.elts[0] if isinstance(index, ast.Tuple) else index
    by_position = isinstance(subscript.value, ast.Attribute) and subscript.value.attr in ("loc", "iloc", "at", "iat")
    of_column = isinstance(subscript.value, ast.Subscript)
    return (by_position or of_column) and not isinstance(row, ast.Slice) and bool(names_of(row) & steps)


def _grows(statement: ast.stmt, call: ast.Call) -> bool:
    return bool({name for target in getattr(statement, "targets", []) for name in names_of(target)} & names_of(call))


def _plain(profile: Profile, stack: Stack) -> bool:
    """No other library does something of its own beneath the line."""
    at = innermost(profile, stack)
    beneath = stack.frames[stack.frames.index(at) + 1 :] if at else ()
    others = [frame for frame in beneath if "site-packages/" in frame.place]
    return in_pandas(stack) or not others
