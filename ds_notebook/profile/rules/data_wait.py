"""Batches are prepared while nothing trains.

What it sees. The main thread inside a DataLoader's `__next__`: without workers it makes the batch itself; with fewer
workers than cores it awaits them. In a loop that trains without a loader, the time in what it goes over, such as a
generator, and on lines in it that make what the model is given.

Why it matters. While a batch is read and decoded the model does not move, and the other cores idle.

Bad::

    loader = DataLoader(images, batch_size=64)  # __getitem__ decodes, in the training process

Good::

    loader = DataLoader(images, batch_size=64, num_workers=2, persistent_workers=True)

How the remedy is verified. Some batches are timed with no, one and two workers. The expected gain is no more than the
cores allow: the loop takes as long as its own work, the data divided by the workers, or all work divided by the cores,
whichever is longest; half a millisecond a batch and the start of the workers are added.

When it stays silent. Where the code itself says how many workers there are to be: that is `loader-workers`; where they
would cost more than they give (small samples that are only stacked), and where the cores are busy already. The place is
the hottest line of the user's that makes the data, since that is what keeps the loop waiting; where there is none, the
line of the loop.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found
from ds_notebook.profile.rules._made_for_training import made_for_training
from ds_notebook.profile.rules._seconds import (
    above,
    blocked_s,
    by,
    critical,
    imports,
    innermost,
    inside,
    name,
    total,
    wall_s,
)
from ds_notebook.profile.rules._source import Loop, code
from ds_notebook.profile.rules._torch import has, in_loop_of, is_backward, is_loader, training, workers_are_named
from ds_notebook.profile.rules._training_loop import Waiting, speedup_with_workers, waiting

CODE = "data-wait"

MOST_WAITING_WORKERS = 4
"""Workers that only wait may outnumber the cores, within reason."""


def find(profile: Profile) -> Iterator[Found]:
    if not workers_are_named(profile):
        yield from loader_waits(profile)
    if not _in_loader(profile):
        yield from _from_loop(profile)


def loader_waits(profile: Profile) -> Iterator[Found]:
    """Of a loader that ran without workers, or with too few."""
    main = _in_loader(profile)
    loop_lines = by(main, lambda stack: above(profile, stack, is_loader))
    for line in list(loop_lines)[:1]:
        yield from _from_loader(profile, line, [stack for stack in main if above(profile, stack, is_loader) == line])


def _in_loader(profile: Profile) -> list[Stack]:
    return [stack for stack in profile.main() if has(stack, is_loader) and not imports(profile, stack)]


def _from_loader(profile: Profile, line: Frame, data: list[Stack]) -> Iterator[Found]:
    loaders = [
        each
        for each in profile.observed.loaders
        if each.batches or not any(x.batches for x in profile.observed.loaders)
    ]
    has_workers = max((each.num_workers for each in loaders), default=0)
    taking = [stack for stack in data if any(name(frame) == "__next__" and is_loader(frame) for frame in stack.frames)]
    batches = sum(each.batches or each.length or 0 for each in loaders)
    seen = waiting(profile, _loop(profile, line), taking, batches)
    making = [stack for stack in taking if innermost(profile, stack) != line]
    if has_workers:
        making = [stack for stack in profile.stacks if _fetches(stack)]
        made = total(making)
        # What so many workers make in data_s, one would take so many times as long for.
        waits = blocked_s(profile, made) > 0.7 * made.wall_s
        seen = msgspec.structs.replace(seen, data_s=seen.data_s * has_workers, waits=waits)
    workers = _workers(profile, seen)
    # What torch only stacks takes a worker longer to hand over.
    if making and workers > has_workers and seen.data_s >= REMARKABLE_S:
        hot = next(iter(by(making, lambda stack: innermost(profile, stack))), line)
        yield _found(profile, hot, seen, workers, total(taking).wall_s / wall_s(profile))


def _fetches(stack: Stack) -> bool:
    return stack.lane.startswith("process") and any(inside(frame, "data/_utils/fetch.py") for frame in stack.frames)


def _from_loop(profile: Profile) -> Iterator[Found]:
    """A loop in which a model trains, and in which the user's code makes what it trains on."""
    stacks = critical(profile)
    for at, loop in _training_loops(profile, stacks):
        lines = range(loop.first, loop.last + 1)
        heads, making_lines = loop.head if loop.iterables else range(0), made_for_training(profile, stacks, at, loop)
        data = [
            stack
            for stack in stacks
            if _made_under(stack, at.place, heads) or (_within(stack, at.place, making_lines) and not training(stack))
        ]
        seen = waiting(profile, [stack for stack in stacks if _within(stack, at.place, lines)], data, 0)
        making = by(data, lambda stack: innermost(profile, stack))
        if making and seen.data_s >= REMARKABLE_S:
            share = seen.data_s / wall_s(profile)
            yield _found(profile, next(iter(making)), seen, _workers(profile, seen), share)
            return


def _found(profile: Profile, at: Frame, seen: Waiting, workers: int, share: float) -> Found:
    expected = speedup_with_workers(profile, seen, workers)
    count = {1: "A loader worker", 2: "Two loader workers"}.get(workers, f"{workers} loader workers")
    return Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected,
        evidence=f"{share:.0%} of the time waits for data.",
        advice=f"{count} would make batches while the model trains.",
        fix=f"DataLoader(..., num_workers={workers}, persistent_workers=True)",
        facts={"num_workers": workers},
    )


def _workers(profile: Profile, seen: Waiting) -> int:
    cores = max(1, int(profile.observed.cores))
    return max(cores, MOST_WAITING_WORKERS) if seen.waits else cores


def _loop(profile: Profile, line: Frame) -> list[Stack]:
    lines = in_loop_of(profile, line)
    return [stack for stack in profile.main() if _within(stack, line.place, lines)]


def _within(stack: Stack, place: str, lines: Container[int]) -> bool:
    return any(frame.place == place and frame.line in lines for frame in stack.frames)


def _training_loops(profile: Profile, stacks: list[Stack]) -> Iterator[tuple[Frame, Loop]]:
    """The loops around the backward pass, in its function and in those that call it, innermost first."""
    trained = [stack for stack in stacks if has(stack, is_backward)]
    heaviest = max(trained, key=lambda stack: stack.wall_s, default=None)
    for frame in reversed(list(profile.users(heaviest.frames))) if heaviest else ():
        tree = code(profile, frame.place)
        loops = [loop for loop in tree.loops(frame.line) if hasattr(loop.node, "body")] if tree else []
        yield from ((frame, loop) for loop in reversed(loops))


def _made_under(stack: Stack, place: str, heads: range) -> bool:
    """Whether something runs for the head of the loop, and no model in it."""
    for i, frame in enumerate(stack.frames):
        if frame.place == place and frame.line in heads:
            return len(stack.frames) > i + 1 and not training(stack)
    return False
