"""A DataLoader is told to have more workers than help, or fewer, or starts them anew for each epoch.

What it sees. A loop that waits for data where the code names a number of workers that is too low; the time in which
workers are started, stopped and awaited, beside the time that they really spend on the data; the number of workers
beside the number of cores.

Why it matters. A worker costs 50 ms to start, its memory, and a core: more workers than cores take turns, and for
light data starting them takes longer than the data.

Bad::

    for epoch in range(20):
        for batch in DataLoader(points, batch_size=64, num_workers=16):
            ...

Good::

    loader = DataLoader(points, batch_size=64, num_workers=2, persistent_workers=True)

How the remedy is verified. An epoch is timed with no, one and two workers.

When it stays silent. Where the workers are busy with data and no more than the cores.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found
from ds_notebook.profile.observed import Loader
from ds_notebook.profile.rules._seconds import above, blocked_s, by, imports, inside, name, slowed, total, wall_s
from ds_notebook.profile.rules._torch import is_loader, named_workers, workers_are_named
from ds_notebook.profile.rules.data_wait import loader_waits

CODE = "loader-workers"

WELL_CHOSEN = 0.3
"""Of the time that the loop waits for workers that are few and stay: no more may be left, or nothing is said."""

_STARTING = ("__init__", "_get_iterator", "_shutdown_workers", "__del__", "_reset")


def find(profile: Profile) -> Iterator[Found]:
    if workers_are_named(profile):
        yield from _too_few(profile)
    yield from _too_many(profile)


def _too_few(profile: Profile) -> Iterator[Found]:
    """A loop that waits for data, where the code says how many workers make it."""
    for waits in loader_waits(profile):
        fewest = min(profile.observed.loaders, key=lambda each: each.num_workers)
        at = _where_made(profile, fewest) or waits.at
        evidence = f"{waits.evidence[:-1]}, which {fewest.num_workers or 'no'} workers make."
        yield msgspec.structs.replace(waits, code=CODE, at=at, evidence=evidence)


def _too_many(profile: Profile) -> Iterator[Found]:
    loader = max(profile.observed.loaders, key=lambda each: each.num_workers, default=None)
    if loader is None or loader.num_workers == 0:
        return
    stacks = [
        stack
        for stack in profile.main()
        if any(is_loader(frame) for frame in stack.frames) and not imports(profile, stack)
    ]
    line = next(iter(by(stacks, lambda stack: above(profile, stack, is_loader))), None)
    loader_s = total(stacks).wall_s
    if line is None or loader_s < REMARKABLE_S:
        return
    workers, after_s = _best(profile, loader, stacks)
    too_many = loader.num_workers > profile.observed.cores or (_times(profile) > 1 and not loader.persistent)
    if not too_many and after_s > WELL_CHOSEN * loader_s:
        return
    whole_s = wall_s(profile)
    share = loader_s / whole_s
    yield Found(
        code=CODE,
        at=_where_made(profile, loader) or line,
        share=share,
        expected=whole_s / max(whole_s - loader_s + min(after_s, loader_s), 1e-9),
        evidence=f"{share:.0%} of the time starts and awaits {loader.num_workers} workers of a DataLoader"
        f" on {profile.observed.cores:g} cores.",
        advice=_advice(workers),
        fix=_fix(workers),
        facts={"num_workers": workers},
    )


def _best(profile: Profile, loader: Loader, stacks: list[Stack]) -> tuple[int, float]:
    """The number of workers that keeps the loop waiting least, and the seconds for which it then waits."""
    cores = max(1, int(profile.observed.cores))
    starting_s = total(stack for stack in stacks if _starts(stack)).wall_s
    waiting_s = total(stacks).wall_s - starting_s
    work_s = _work_s(profile)
    options = {0: work_s} if work_s is not None else {}
    some = min(loader.num_workers, cores)
    once = 1 if loader.persistent else max(_times(profile), 1)
    # Fewer workers keep up as long as their work, spread over them, fits into the time that it had until now.
    keeps_up = waiting_s if work_s is None else min(waiting_s, work_s / some)
    options[some] = starting_s * some / loader.num_workers / once + keeps_up
    best = min(options, key=lambda workers: options[workers])
    return best, options[best]


def _times(profile: Profile) -> int:
    """How often workers were started: also by a loader that is made anew for each epoch."""
    return sum(each.iterators for each in profile.observed.loaders if each.num_workers and not each.persistent)


def _starts(stack: Stack) -> bool:
    return any(is_loader(frame) and name(frame) in _STARTING for frame in stack.frames) and not any(
        is_loader(frame) and name(frame) == "_next_data" for frame in stack.frames
    )


def _work_s(profile: Profile) -> float | None:
    """What one process would need for the data: the workers' time in it, without that in which they had no core."""
    fetching = [
        stack
        for stack in profile.stacks
        if stack.lane.startswith("process") and any(inside(frame, "data/_utils/fetch.py") for frame in stack.frames)
    ]
    if not any(stack.lane.startswith("process") for stack in profile.stacks):
        return None  # no worker was seen: what they do is not known
    spent = total(fetching)
    return spent.cpu_s * slowed(profile) + blocked_s(profile, spent)


def _where_made(profile: Profile, loader: Loader) -> Frame | None:
    named = named_workers(profile)
    same = [each.at for each in named if getattr(each.value, "value", None) == loader.num_workers]
    return next(iter([*same, *(each.at for each in named)]), None)


def _advice(workers: int) -> str:
    if workers == 0:
        return "Let the training process make these batches itself: that is less work than handing them over."
    return f"Use {workers} workers, and keep them from one epoch to the next."


def _fix(workers: int) -> str:
    return (
        "DataLoader(..., num_workers=0)"
        if workers == 0
        else f"DataLoader(..., num_workers={workers}, persistent_workers=True)"
    )
