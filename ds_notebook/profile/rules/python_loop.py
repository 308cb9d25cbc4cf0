"""A loop in Python works on numbers one by one.

What it sees. Samples whose innermost frame is a user's line inside a loop, where syntax and the types seen on it say
arithmetic on numbers, elements of lists or of arrays: no objects, texts or look-ups by key.

Why it matters. Python takes 30 to 100 ns for an operation that a compiled loop does in one.

Bad::

    for i in range(len(x)):
        for j in range(len(y)):
            total += abs(x[i] - y[j])

Good::

    total = np.abs(x[:, None] - y[None, :]).sum()


    @numba.njit  # or, where it does not fit into array operations, the loop as it is
    def distance(x, y): ...

How the remedy is verified. The function is run compiled by numba on the same arguments, compilation and conversion
included, and its result compared.

When it stays silent. Loops over objects and texts; loops that call array operations on many elements at once; a profile
that knows no types.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found
from ds_notebook.profile.rules._numeric import Verdict, verdict
from ds_notebook.profile.rules._seconds import critical, innermost, inside, slowed, wall_s
from ds_notebook.profile.rules._source import Loop, code

CODE = "python-loop"

LISTS_LOCAL = 8.5
"""By numba from Python lists, their conversion included, compilation apart (measured)."""
ARRAYS_LOCAL = 50.0
"""By numba or array operations from arrays read element by element: 355 and 373 times measured; 50 promises no more
than can be seen in a program of some seconds."""
COMPILATION_S = 0.35
"""Of the first function that numba compiles in a process, 0.3 to 0.4 here; numba's own import apart."""
MOSTLY = 0.7
"""Of a loop's own time must be on lines that crunch numbers."""


_THIN = ("numpy/_core/_methods.py", "numpy/_core/fromnumeric.py", "numpy/_core/numeric.py", "numpy/core/_methods.py")
"""Python of numpy's own around one operation: on a few elements it takes most of the time."""


class _Group(msgspec.Struct):
    """One outermost loop and the time of Python's own in it."""

    loop: Loop
    lines: dict[Frame, float] = {}

    @property
    def seconds(self) -> float:
        return sum(self.lines.values())

    @property
    def hottest(self) -> Frame:
        return max(self.lines, key=lambda frame: self.lines[frame])


def find(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    for (place, _), group in _groups(profile).items():
        if group.seconds < REMARKABLE_S:
            continue
        verdicts = {frame: _judged(profile, frame) for frame in group.lines}
        numeric_s = sum(seconds for frame, seconds in group.lines.items() if verdicts[frame].numeric)
        known_s = sum(
            seconds for frame, seconds in group.lines.items() if verdicts[frame].numeric and verdicts[frame].sure
        )
        if numeric_s < MOSTLY * group.seconds or known_s < numeric_s / 2:
            continue
        arrays = any(each.arrays for each in verdicts.values())
        share = group.seconds / whole_s
        after_s = group.seconds / (ARRAYS_LOCAL if arrays else LISTS_LOCAL) + COMPILATION_S * slowed(profile)
        hottest = group.hottest
        yield Found(
            code=CODE,
            at=hottest,
            covers=(group.loop.first, group.loop.last) if hottest.place == place else (0, 0),
            share=share,
            expected=whole_s / (whole_s - group.seconds + after_s),
            evidence=f"{share:.0%} of the time is a Python loop over numbers: {profile.line(hottest).strip()}.",
            advice="Write it as array operations, or put the loop into a function compiled by numba.",
            fix=_fix(hottest),
            facts={"arrays": int(arrays), "first_line": group.loop.first, "last_line": group.loop.last},
        )


def _groups(profile: Profile) -> dict[tuple[str, int], _Group]:
    groups: dict[tuple[str, int], _Group] = {}
    for stack in critical(profile):
        owner = _loop_of(profile, stack)
        if owner is not None:
            place, loop = owner
            group = groups.setdefault((place, loop.first), _Group(loop, {}))
            leaf = _running_line(profile, stack)
            group.lines[leaf] = group.lines.get(leaf, 0.0) + stack.wall_s
    return groups


def _loop_of(profile: Profile, stack: Stack) -> tuple[str, Loop] | None:
    """The outermost loop around the line that runs in Python itself: in its function, or in those that call it."""
    for frame in reversed(stack.frames[: stack.frames.index(_running_line(profile, stack)) + 1]):
        tree = code(profile, frame.place)
        if tree is None:
            return None
        head = tree.heads(frame.line)
        around = tree.loops(frame.line) or ([head] if head else [])
        if around:
            return frame.place, around[0]
    return None


def _running_line(profile: Profile, stack: Stack) -> Frame:
    """The frame that ran, or the user's line above it where only numpy's thin Python lies between."""
    at = innermost(profile, stack)
    if at is None:
        return stack.frames[-1]
    beneath = stack.frames[stack.frames.index(at) + 1 :]
    return at if all(inside(frame, *_THIN) for frame in beneath) else stack.frames[-1]


def _judged(profile: Profile, frame: Frame) -> Verdict:
    tree = code(profile, frame.place)
    statement = tree.statement(frame.line) if tree else None
    if tree is None or statement is None:
        return Verdict(False)
    own = {node.name for node in ast.walk(tree.tree) if isinstance(node, ast.FunctionDef)}
    types = profile.observed.types.get(str(frame), {})
    return verdict(_running(statement), types, own, steps=isinstance(statement, ast.For))


def _running(statement: ast.stmt) -> list[ast.AST]:
    """What of a statement runs when its first line does: of a `for` its head, of an `if` its test."""
    if isinstance(statement, ast.For):
        return [statement.iter]
    if isinstance(statement, ast.While | ast.If):
        return [statement.test]
    if isinstance(statement, ast.FunctionDef | ast.With | ast.Try | ast.ClassDef):
        return []
    return [statement]


def _fix(frame: Frame) -> str:
    called = frame.function.rpartition(".")[2]
    inner = called if called.isidentifier() else "crunch"
    return f"import numba\n\n@numba.njit\ndef {inner}(...):  # the loop, given arrays: np.asarray(values)"
