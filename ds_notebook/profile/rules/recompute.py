"""The same result is computed again and again.

What it sees. Functions of the user's, and of numpy and scipy, that were called with arguments they had been called with
before (a few calls a second are looked at; an object of the user's counts as what the function reads of it, a large
array, table or graph as a part of it), and expressions in a loop that nothing in the loop changes: `sorted(words)`,
`np.linalg.inv(m)`. The place is the line that calls.

Why it matters. All but the first of these calls are waste.

Bad::

    for order in orders:
        rates = load_rates("2026-01")  # the same each time
        total += order.amount * rates[order.currency]

Good::

    rates = load_rates("2026-01")
    for order in orders:
        total += order.amount * rates[order.currency]

How the remedy is verified. The function is run under `functools.cache` where it writes nothing, the results compared.

When it stays silent. Functions that change something, take what may have changed, draw random numbers or return
nothing; and a loop that only repeats one call without using its own counter: that is a measurement, and meant.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import LEAST_SHARE, REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Repeats
from ds_notebook.profile.rules._lengths import passes
from ds_notebook.profile.rules._pure import changed_in, is_pure, pure_call
from ds_notebook.profile.rules._seconds import by, critical, innermost, name, total, wall_s
from ds_notebook.profile.rules._source import Loop, called, code, dotted, loaded

CODE = "recompute"

FEWEST = 4
"""Calls seen, of which `MOSTLY` had arguments seen before."""
MOSTLY = 0.5
LEAST_TIMES = 2.0
FEWEST_PAIRS = 3
UNSEEN = 3.0
"""Calls for one that a look met."""
ONCE_LOCAL = 20.0
"""Once instead of each time round; what else is on the line stays."""
_ARRAYS = ("ndarray", "Tensor", "DataFrame", "Series")
_TOUCH_FILES = ("load", "save", "read", "write", "open", "from", "gen", "mmap", "mem", "seed", "show")
"""How functions of numpy and scipy begin that do not only compute."""
ALL_OF_A_LOOP = 0.9
"""Of a loop's time in one call whose result does not depend on its counter: the loop repeats on purpose."""


def find(profile: Profile) -> Iterator[Found]:
    stacks = critical(profile)
    yield from _repeated_calls(profile, stacks)
    yield from _unchanging(profile, stacks)


def _repeated_calls(profile: Profile, stacks: list[Stack]) -> Iterator[Found]:
    whole_s = wall_s(profile)
    for each in profile.observed.repeats:
        definition = Frame.parse(each.function)
        inside = [stack for stack in stacks if any(_is(frame, definition) for frame in stack.frames)]
        seconds = total(inside).wall_s
        times = _times_the_same(profile, each, inside)
        if seconds < REMARKABLE_S or each.calls < FEWEST or times < LEAST_TIMES:
            continue
        if not _worth_keeping(profile, definition) or _on_purpose(profile, definition, inside, stacks):
            continue
        share = seconds / whole_s
        once, at = each.arguments == 1, _call_line(profile, definition, inside)
        yield Found(
            code=CODE,
            at=definition if at is None or _calls_itself(definition, inside) else at,
            share=share,
            expected=expected_speedup(share, times),
            evidence=f"{share:.0%} of the time is in {name(definition)}; {each.repeated} of {each.calls} calls seen"
            " had arguments that it had been given before.",
            advice=_advice(profile, definition, once),
            fix=_fix(profile, definition, at if once else None),
            facts=_facts(each),
        )


def _times_the_same(profile: Profile, repeats: Repeats, inside: list[Stack]) -> float:
    """How many calls there are for one whose result is not known yet; 1 where that is not known to be more.

    There are more calls than looks, which are 20 a second at most, and the share of first ones falls with their number:
    where most of the calls seen had been seen before, it is taken to be a third of what looks saw. Where few had, how
    often two of n looks meet the same tells how many different arguments there are, and a loop's length how many calls.
    """
    if repeats.repeated >= MOSTLY * repeats.calls:
        return UNSEEN * repeats.calls / max(repeats.calls - repeats.repeated, 1)
    if repeats.repeated < FEWEST_PAIRS:
        return 1.0
    different = repeats.calls**2 / (2 * repeats.repeated)
    definition = Frame.parse(repeats.function)
    ways = {_callers(profile, definition, stack) for stack in inside}
    return max((passes(profile, way) for way in ways), default=0) / different


def _facts(repeats: Repeats) -> dict[str, str | int | float]:
    return {"function": repeats.function, "calls": repeats.calls, "arguments": repeats.arguments}


def _is(frame: Frame, definition: Frame) -> bool:
    return frame.place == definition.place and frame.function == definition.function


def _calls_itself(definition: Frame, inside: list[Stack]) -> bool:
    return any(sum(_is(frame, definition) for frame in stack.frames) > 1 for stack in inside)


def _worth_keeping(profile: Profile, definition: Frame) -> bool:
    if definition.place not in profile.sources:  # of a library that computes
        return not name(definition).startswith(_TOUCH_FILES)
    tree = code(profile, definition.place)
    function = tree.function_named(name(definition)) if tree else None
    return tree is not None and function is not None and is_pure(function, tree.tree)


def _caller(profile: Profile, definition: Frame, stack: Stack) -> Frame | None:
    """The user's line that called it first; calls of it by itself are its own affair."""
    return next(reversed(_callers(profile, definition, stack)), None)


def _callers(profile: Profile, definition: Frame, stack: Stack) -> tuple[Frame, ...]:
    """The user's lines that led to it, outermost first."""
    above = takewhile(lambda frame: not _is(frame, definition), stack.frames)
    return tuple(frame for frame in above if frame.place in profile.sources)


def _call_line(profile: Profile, definition: Frame, inside: list[Stack]) -> Frame | None:
    return next(iter(by(inside, lambda stack: _caller(profile, definition, stack))), None)


def _on_purpose(profile: Profile, definition: Frame, inside: list[Stack], stacks: list[Stack]) -> bool:
    at = _call_line(profile, definition, inside)
    tree = code(profile, at.place) if at else None
    around = tree.loops(at.line) if tree and at else []
    return bool(at and around) and _only_repeats(around[-1], at, total(inside).wall_s, stacks)  # type: ignore[arg-type]


def _only_repeats(loop: Loop, at: Frame, seconds: float, stacks: list[Stack]) -> bool:
    uses = {used for part in loop.body for used in loaded(part)}
    if loop.targets & uses or isinstance(loop.node, ast.While):
        return False
    lines = range(loop.first, loop.last + 1)
    in_loop = [stack for stack in stacks if any(each.place == at.place and each.line in lines for each in stack.frames)]
    return seconds >= ALL_OF_A_LOOP * total(in_loop).wall_s


def _unchanging(profile: Profile, stacks: list[Stack]) -> Iterator[Found]:
    whole_s = wall_s(profile)
    for at, spent in by(stacks, lambda stack: innermost(profile, stack)).items():
        if spent.wall_s < max(REMARKABLE_S, LEAST_SHARE * whole_s):
            break
        tree = code(profile, at.place)
        around = tree.loops(at.line) if tree else []
        if tree is None or not around:
            continue
        loop = around[-1]
        changed = changed_in(loop)
        calls = [call for call in tree.calls(at.line) if any(call in ast.walk(part) for part in loop.body)]
        same = [
            call
            for call in calls
            if pure_call(call)
            and not _is_quick(call)
            and not loaded(call) & changed
            and loaded(call) - _names_called(call)
        ]
        if not same or _only_repeats(loop, at, spent.wall_s, stacks):
            continue
        share = (
            spent.wall_s / whole_s * _part(same[0], tree.statement(at.line), profile.observed.types.get(str(at), {}))
        )
        text = ast.unparse(same[0])
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, ONCE_LOCAL),
            evidence=f"{share:.0%} of the time computes {text} again and again from the same values.",
            advice="Compute it once above the loop.",
            fix=f"value = {text}  # above the loop",
        )


def _is_quick(call: ast.Call) -> bool:
    """To look such a thing up takes hardly longer than its name does."""
    return called(call) in ("len", "abs", "min", "max") or called(call).startswith("math.")


def _part(call: ast.Call, statement: ast.stmt | None, types: dict[str, str]) -> float:
    """Of a line's time that of one call on it: by the number of calls and of operations on arrays."""
    arrays = {name for name, kind in types.items() if kind.startswith(_ARRAYS)}

    def heavy(node: ast.AST) -> int:
        return sum(
            isinstance(each, ast.Call) or (isinstance(each, ast.BinOp) and bool(loaded(each) & arrays))
            for each in ast.walk(node)
        )

    return heavy(call) / max(heavy(statement) if statement else 1, heavy(call), 1)


def _names_called(call: ast.Call) -> set[str]:
    return {
        node.id
        for each in ast.walk(call)
        if isinstance(each, ast.Call)
        for node in ast.walk(each.func)
        if isinstance(node, ast.Name) and not isinstance(each.func, ast.Attribute)
    } | {"np", "numpy", "scipy", "math", "pd"}


def _advice(profile: Profile, definition: Frame, once: bool) -> str:
    if _has_a_cache(profile, definition):
        return "Its cache does not know them again: let equal arguments compare equal, or give it more room."
    return "Call it once above the loop." if once else "Keep its results with functools.cache."


def _has_a_cache(profile: Profile, definition: Frame) -> bool:
    tree = code(profile, definition.place)
    function = tree.function_named(name(definition)) if tree else None
    decorators = [each.func if isinstance(each, ast.Call) else each for each in getattr(function, "decorator_list", [])]
    return any(dotted(each).rpartition(".")[2] in ("cache", "lru_cache") for each in decorators)


def _fix(profile: Profile, definition: Frame, at: Frame | None) -> str:
    if _has_a_cache(profile, definition):
        return ""
    if at:
        return f"{profile.line(at).strip()}  # move it above the loop"
    if definition.place not in profile.sources:
        return f"{name(definition)} = functools.cache({name(definition)})  # of numbers; of arrays keep the result"
    return f"@functools.cache\n{profile.line(definition).strip() or 'def ' + name(definition) + '(...):'}"
