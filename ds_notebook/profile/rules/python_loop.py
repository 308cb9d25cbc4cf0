"""A loop in Python works on numbers one by one.

What it sees. Samples whose innermost frame is a user's line that is repeated, by a loop, a comprehension, or by what a
function is handed to (`map`, `min(key=...)`, `np.vectorize`), where syntax and the types seen in its function say
arithmetic on numbers, elements of lists or of arrays: no objects, texts or look-ups by key. Where a function begins and
where a loop goes round, the line stands for all that is in them.

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
from ds_notebook.profile.rules._crunching import crunches
from ds_notebook.profile.rules._numeric import NEUTRAL
from ds_notebook.profile.rules._seconds import critical, innermost, inside, name, slowed, wall_s
from ds_notebook.profile.rules._source import Loop, called, code

CODE = "python-loop"

LISTS_LOCAL = 8.5
"""By numba from Python lists, their conversion included, compilation apart (measured)."""
ARRAYS_LOCAL = 50.0
"""By numba or array operations from arrays read element by element: 355 and 373 times measured; 50 promises no more
than can be seen in a program of some seconds."""
TOGETHER_LOCAL = 4.0
"""By array operations where each element stands alone: 10 to 60 times from numbers that are kept in arrays, 1.1 to 6
times from lists that are converted each time (three loops, here)."""
COMPILATION_S = 0.35
"""Of the first function that numba compiles in a process, 0.3 to 0.4 here; numba's own import apart."""
MOSTLY = 0.7
"""Of a loop's own time must be on lines that crunch numbers, those apart that only call such lines."""
SHORT = 8
"""Rounds of a loop."""
LEAST = 0.2
"""Of all its own time."""


_THIN = (
    "numpy/_core/_methods.py",
    "numpy/_core/fromnumeric.py",
    "numpy/_core/numeric.py",
    "numpy/core/_methods.py",
    "/random.py",
)
"""Python of numpy's own, and of `random`'s, around one operation: on a few elements it takes most of the time."""


class _Group(msgspec.Struct):
    """The lines of what is repeated, and the time of Python's own in it."""

    first: int
    last: int
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
        verdicts = {frame: crunches(profile, frame) for frame in group.lines}
        neutral_s = sum(seconds for frame, seconds in group.lines.items() if verdicts[frame] == NEUTRAL)
        numeric_s = sum(seconds for frame, seconds in group.lines.items() if verdicts[frame].numeric)
        known_s = sum(
            seconds for frame, seconds in group.lines.items() if verdicts[frame].numeric and verdicts[frame].sure
        )
        enough_s = max(MOSTLY * (group.seconds - neutral_s), LEAST * group.seconds)
        if numeric_s < enough_s or known_s < numeric_s / 2:
            continue
        arrays = any(each.arrays for each in verdicts.values())
        share = group.seconds / whole_s
        after_s = group.seconds / (ARRAYS_LOCAL if arrays else LISTS_LOCAL) + COMPILATION_S * slowed(profile)
        if all(_stands_alone(profile, frame) for frame in group.lines):
            after_s = min(after_s, group.seconds / TOGETHER_LOCAL)
        hottest = group.hottest
        yield Found(
            code=CODE,
            at=hottest,
            covers=(group.first, group.last) if hottest.place == place else (0, 0),
            share=share,
            expected=whole_s / (whole_s - group.seconds + after_s),
            evidence=f"{share:.0%} of the time is a Python loop over numbers: {profile.line(hottest).strip()}.",
            advice="Write it as array operations, or put the loop into a function compiled by numba.",
            fix=_fix(hottest),
            facts={"arrays": int(arrays), "first_line": group.first, "last_line": group.last},
        )


def _groups(profile: Profile) -> dict[tuple[str, int], _Group]:
    groups: dict[tuple[str, int], _Group] = {}
    for stack in critical(profile):
        owner = _repeated(profile, stack)
        if owner is not None:
            place, first, last = owner
            group = groups.setdefault((place, first), _Group(first, last, {}))
            leaf = _running_line(profile, stack)
            group.lines[leaf] = group.lines.get(leaf, 0.0) + stack.wall_s
    return groups


def _repeated(profile: Profile, stack: Stack) -> tuple[str, int, int] | None:
    """Place and lines of the outermost loop around the line that runs in Python itself: in its function, or in those
    that call it; else of that function: lines that take long and have no loop are called often by `map`, `sorted`,
    `np.vectorize` or the like."""
    running = _running_line(profile, stack)
    for frame in reversed(stack.frames[: stack.frames.index(running) + 1]):
        tree = code(profile, frame.place)
        if tree is None:
            break
        head = tree.heads(frame.line)
        around = [loop for loop in tree.loops(frame.line) or ([head] if head else []) if not _is_short(loop)]
        if around:
            return frame.place, around[0].first, around[0].last
    return _handed_on(profile, [frame for frame in stack.frames if frame.place in profile.sources])


def _is_short(loop: Loop) -> bool:
    """Over a few things that stand in the source: compiled alone it would hardly be worth its calls."""
    match loop.iterables:
        case [ast.Tuple(elts=elements) | ast.List(elts=elements)]:
            return len(elements) <= SHORT
        case [ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(rounds))])]:
            return rounds <= SHORT
    return False


def _handed_on(profile: Profile, users: list[Frame]) -> tuple[str, int, int] | None:
    """The innermost function around a line that no line calls by its name, without which the others would not run."""
    for caller, frame in zip([*users[-2::-1], None], reversed(users), strict=False):
        tree = code(profile, frame.place)
        above = code(profile, caller.place) if caller else None
        calls = above.calls(caller.line) if above and caller else []
        if tree and not any(called(call).rpartition(".")[2] == name(frame) for call in calls):
            function = tree.function(frame.line) or tree.function_named(name(frame))
            return (frame.place, function.lineno, function.end_lineno or function.lineno) if function else None
    return None


def _stands_alone(profile: Profile, frame: Frame) -> bool:
    """Whether a line is computed for one element whatever came of the others: in a comprehension, or in a function
    without a loop that changes nothing but its own names."""
    tree = code(profile, frame.place)
    function = (tree.function(frame.line) or tree.function_named(name(frame))) if tree else None
    if tree is None or function is None:
        return False
    loops = [loop for loop in tree.loops(frame.line) if isinstance(loop.node, ast.For | ast.AsyncFor | ast.While)]
    changing = [node for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal)]
    stores = [node for node in ast.walk(function) if isinstance(node, ast.Attribute | ast.Subscript)]
    return not loops and not changing and not any(isinstance(node.ctx, ast.Store) for node in stores)


def _running_line(profile: Profile, stack: Stack) -> Frame:
    """The frame that ran, or the user's line above it where only numpy's thin Python lies between."""
    at = innermost(profile, stack)
    if at is None:
        return stack.frames[-1]
    beneath = stack.frames[stack.frames.index(at) + 1 :]
    return at if all(inside(frame, *_THIN) for frame in beneath) else stack.frames[-1]


def _fix(frame: Frame) -> str:
    called = frame.function.rpartition(".")[2]
    inner = called if called.isidentifier() else "crunch"
    return f"import numba\n\n@numba.njit\ndef {inner}(...):  # the loop, given arrays: np.asarray(values)"
