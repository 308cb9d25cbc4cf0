"""The optimizer goes over the parameters one tensor at a time.

What it sees. Time in `torch.optim` with neither `foreach` nor `fused` (on a CPU neither is the default), and loops
of the user's over `parameters()` that work on `.grad`.

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

import ast
from collections.abc import Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.observed import Optimizer
from ds_notebook.profile.rules._seconds import above, by, critical, innermost, total, wall_s
from ds_notebook.profile.rules._source import called, code
from ds_notebook.profile.rules._torch import has, is_optimizer, made_at

CODE = "optimizer-loop"

ADAM_LOCAL = 3.0
"""fused beside a loop, here: 4.6 times for 10 tensors, 4.2 for 50, 3.1 for 100 large ones."""
SGD_LOCAL = 1.6
"""foreach beside a loop, here: 1.2 to 3.6 times; fused 4.2 for large tensors, 1.0 for small ones."""
BY_HAND_LOCAL = 2.5
"""A fused SGD beside `p -= lr * p.grad` over 200 tensors, here."""
FEWEST_TENSORS = 8


def find(profile: Profile) -> Iterator[Found]:
    optimizer = max(profile.observed.optimizers, key=lambda each: each.num_tensors, default=None)
    if optimizer is not None and _loops(optimizer):
        yield from _stepping(profile, optimizer)
    yield from _by_hand(profile)


def _loops(optimizer: Optimizer) -> bool:
    by_default = optimizer.device == "cpu" or optimizer.foreach is False
    return not optimizer.foreach and not optimizer.fused and by_default and optimizer.num_tensors >= FEWEST_TENSORS


def _stepping(profile: Profile, optimizer: Optimizer) -> Iterator[Found]:
    stacks = [stack for stack in critical(profile) if has(stack, is_optimizer)]
    line = next(iter(by(stacks, lambda stack: above(profile, stack, is_optimizer))), None)
    seconds = total(stacks).wall_s
    if line is None or seconds < REMARKABLE_S:
        return
    yield _found(
        made_at(profile, optimizer.name) or line,
        seconds / wall_s(profile),
        SGD_LOCAL if optimizer.name in ("SGD", "RMSprop", "Adagrad") else ADAM_LOCAL,
        f"updates {optimizer.num_tensors} tensors one after another in {optimizer.name}",
        f"optimizer = torch.optim.{optimizer.name}(model.parameters(), fused=True)",
    )


def _by_hand(profile: Profile) -> Iterator[Found]:
    groups: dict[tuple[str, int, int], float] = {}
    hottest: dict[tuple[str, int, int], Frame] = {}
    for at, spent in by(critical(profile), lambda stack: innermost(profile, stack)).items():
        tree = code(profile, at.place)
        for loop in tree.loops(at.line) if tree else []:
            if _updates(loop.node):
                key = (at.place, loop.first, loop.last)
                groups[key] = groups.get(key, 0.0) + spent.wall_s
                hottest.setdefault(key, at)
    for key, seconds in groups.items():
        if seconds >= REMARKABLE_S:
            share = seconds / wall_s(profile)
            fix = "optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, fused=True)\noptimizer.step()"
            found = _found(hottest[key], share, BY_HAND_LOCAL, "updates parameters by a loop of its own", fix)
            yield msgspec.structs.replace(found, covers=key[1:])


def _updates(loop: ast.AST) -> bool:
    """A loop over parameters that works on their gradients, and on no batches."""
    if not isinstance(loop, ast.For):
        return False
    nodes = list(ast.walk(loop))
    gradients = any(isinstance(node, ast.Attribute) and node.attr == "grad" for node in nodes)
    trains = any(isinstance(node, ast.Call) and called(node).endswith(".backward") for node in nodes)
    return gradients and not trains


def _found(at: Frame, share: float, local: float, what: str, fix: str) -> Found:
    return Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected_speedup(share, local),
        evidence=f"{share:.0%} of the time {what}.",
        advice="Let the optimizer update all of them in one call, with fused=True.",
        fix=fix,
        facts={"fused": 1},
    )
