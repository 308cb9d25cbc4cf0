"""The optimizer goes over the parameters one tensor at a time.

What it sees. Time in `torch.optim` with neither `foreach` nor `fused` (on a CPU neither is the default), and loops
of the user's that change one parameter after another in place, in the loop itself or in a function it calls: an update
by hand, an optimizer of their own, an average of weights.

Why it matters. A model has hundreds of tensors, most of them small: for each, an Adam step starts a dozen operations.

Bad::

    for parameter in model.parameters():
        parameter.data -= learning_rate * parameter.grad

Good::

    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, fused=True)

How the remedy is verified. Some steps are timed with `fused=True`.

When it stays silent. Where the optimizer is fused or by `foreach` already, and where it takes little of a step.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Optimizer
from ds_notebook.profile.rules._seconds import above, by, critical, innermost, inside, total, wall_s
from ds_notebook.profile.rules._source import Loop, code
from ds_notebook.profile.rules._torch import has, is_backward, is_optimizer, made_at
from ds_notebook.profile.rules._updates import updates

CODE = "optimizer-loop"

ADAM_LOCAL = 3.0
"""fused beside a loop, here: 4.6 times for 10 tensors, 4.2 for 50, 3.1 for 100 large ones."""
SGD_LOCAL = 1.6
"""foreach beside a loop, here: 1.2 to 3.6 times; fused 4.2 for large tensors, 1.0 for small ones."""
BY_HAND_LOCAL = 2.5
"""A fused SGD beside `p -= lr * p.grad` over 200 tensors, here."""
FEWEST_TENSORS = 8
MANY_PARAMETERS = 500_000
"""From so many on it is the dozen passes over memory that take the time: fused, Adam over six tensors of 2 million was
6 times as fast here."""
MANY_TENSORS = 100
FEW_ELEMENTS = 1000
"""A tensor; a gradient of so many takes less time than to get to it."""
_BASE = "torch/optim/optimizer.py"
_FUSED = ("Adam", "AdamW", "SGD", "Adagrad")
"""That have it on a CPU; the others have `foreach`."""


def find(profile: Profile) -> Iterator[Found]:
    yield from _stepping(profile)
    yield from _by_hand(profile)


def _loops(optimizer: Optimizer) -> bool:
    return not optimizer.foreach and not optimizer.fused and (optimizer.device == "cpu" or optimizer.foreach is False)


def _stepping(profile: Profile) -> Iterator[Found]:
    looping = [each for each in profile.observed.optimizers if _loops(each)]
    tensors = sum(each.num_tensors for each in looping)  # also of many optimizers with a few each
    if tensors < FEWEST_TENSORS and sum(each.num_parameters for each in looping) < MANY_PARAMETERS:
        return
    stacks = [stack for stack in critical(profile) if has(stack, is_optimizer) and not _is_users_own(profile, stack)]
    line = next(iter(by(stacks, lambda stack: above(profile, stack, is_optimizer))), None)
    seconds = total(stacks).wall_s
    if line is None or seconds < REMARKABLE_S:
        return
    name = max(looping, key=lambda each: each.num_tensors).name
    yield _found(
        made_at(profile, name) or line,
        seconds / wall_s(profile),
        SGD_LOCAL if name in ("SGD", "RMSprop", "Adagrad") else ADAM_LOCAL,
        f"updates {tensors} tensors one after another in {name}",
        f"optimizer = torch.optim.{name}(model.parameters(), {_setting(name)})",
        _setting(name),
    )


def _setting(name: str) -> str:
    return "fused=True" if name in _FUSED else "foreach=True"


def _is_users_own(profile: Profile, stack: Stack) -> bool:
    """An optimizer that the user wrote, below torch's base class: that is a loop by hand, if it does not hand on."""
    at = innermost(profile, stack)
    if at is None:
        return False
    place = stack.frames.index(at)
    handed_on = any(is_optimizer(each) and not inside(each, _BASE) for each in stack.frames[place:])
    return any(is_optimizer(each) for each in stack.frames[:place]) and not handed_on


def _by_hand(profile: Profile) -> Iterator[Found]:
    """Loops over parameters, with what they call: each at its hottest line."""
    groups: dict[tuple[str, int, int], float] = {}
    hottest: dict[tuple[str, int, int], Frame] = {}
    for at, stack, seconds in _updating(profile):
        owner = next((each for each in _around(profile, stack, at) if updates(profile, at, *each)), None)
        if owner is not None:
            frame, loop = owner
            key = (frame.place, loop.first, loop.last)
            groups[key] = groups.get(key, 0.0) + seconds
            hottest.setdefault(key, at)
    beside_s = _backward_of_tiny_s(profile)
    for key, own_s in groups.items():
        seconds = own_s + beside_s
        if own_s >= REMARKABLE_S:
            fix = "optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, fused=True)\noptimizer.step()"
            found = _found(
                hottest[key], seconds / wall_s(profile), BY_HAND_LOCAL, "updates parameters by a loop of its own", fix
            )
            covers = key[1:] if key[0] == hottest[key].place else (0, 0)
            yield msgspec.structs.replace(found, covers=covers)


def _backward_of_tiny_s(profile: Profile) -> float:
    """Of the backward pass, if it goes to hundreds of tensors of a few elements each: as parts of one it does not."""
    tiny = [
        each
        for each in profile.observed.optimizers
        if each.num_tensors >= MANY_TENSORS and each.num_parameters <= FEW_ELEMENTS * each.num_tensors
    ]
    return total(stack for stack in critical(profile) if tiny and has(stack, is_backward)).wall_s


def _updating(profile: Profile) -> Iterator[tuple[Frame, Stack, float]]:
    """Each path of user's frames with the seconds in it, hottest first."""
    paths: dict[tuple[Frame, ...], tuple[Stack, float]] = {}
    for stack in critical(profile):
        path = tuple(profile.users(stack.frames))
        first, seconds = paths.get(path, (stack, 0.0))
        paths[path] = (first, seconds + stack.wall_s)
    for path, (stack, seconds) in sorted(paths.items(), key=lambda item: -item[1][1]):
        if path:
            yield path[-1], stack, seconds


def _around(profile: Profile, stack: Stack, at: Frame) -> Iterator[tuple[Frame, Loop]]:
    """The loops around a line: in its function, else the innermost around the call of that function."""
    users = list(profile.users(stack.frames))
    for frame in users[:-3:-1]:
        tree = code(profile, frame.place)
        head = tree.heads(frame.line) if tree else None
        around = [*(tree.loops(frame.line) if tree else []), *([head] if head else [])]
        yield from ((frame, loop) for loop in reversed(around))
        if around:
            return


def _found(at: Frame, share: float, local: float, what: str, fix: str, setting: str = "fused=True") -> Found:
    return Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected_speedup(share, local),
        evidence=f"{share:.0%} of the time {what}.",
        advice=f"Let the optimizer update all of them in one call, with {setting}; keep many small ones in one tensor.",
        fix=fix,
        facts={"fused": 1},
    )
