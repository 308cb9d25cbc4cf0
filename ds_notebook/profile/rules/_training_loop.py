"""The seconds of a training loop that waits for data, and what they could be."""

from __future__ import annotations

import msgspec

from ds_notebook.profile.folded import Profile, Stack
from ds_notebook.profile.rules._seconds import blocked_s, slowed, total, wall_s

BATCH_OVERHEAD_S = 0.0005
"""Of the training process for each batch that a worker hands over: unpickling, mapping its memory (0.4 to 1 ms)."""
WORKER_START_S = 0.05
"""A worker takes this long to start, and the first batch of an epoch waits for it (30 to 60 ms here, forked)."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What a loop over batches came to."""

    loop_s: float
    """Of the whole loop, data included."""
    data_s: float
    """In which it made or awaited a batch."""
    loop_cpu_s: float
    """On all cores."""
    batches: int
    waits: bool
    """Whether making a batch leaves its core idle: a disk, a network."""


def waiting(profile: Profile, loop: list[Stack], data: list[Stack], batches: int) -> Waiting:
    """Of the stacks of a loop and those of them that make data."""
    in_loop, in_data = total(loop), total(data)
    main_cpu_s = total(profile.main()).cpu_s
    # What the process used beyond its main thread are the threads of array libraries, which work in this loop.
    beside_s = max(0.0, profile.observed.cpu_s - main_cpu_s)
    return Waiting(
        loop_s=in_loop.wall_s,
        data_s=in_data.wall_s,
        loop_cpu_s=in_loop.cpu_s + beside_s,
        batches=batches,
        waits=blocked_s(profile, in_data) > 0.7 * in_data.wall_s,
    )


def speedup_with_workers(profile: Profile, seen: Waiting, workers: int) -> float:
    """Of the whole profile, if so many workers make the batches while the loop trains.

    The loop then takes as long as the slowest of three: its own work, the workers' share of the data, and all work
    spread over all cores.
    """
    own_s = seen.loop_s - seen.data_s + BATCH_OVERHEAD_S * seen.batches
    shared_s = seen.loop_cpu_s * slowed(profile) / max(profile.observed.cores, 1.0)
    after_s = max(own_s, seen.data_s / workers, shared_s) + WORKER_START_S * workers
    whole_s = wall_s(profile)
    return whole_s / max(whole_s - seen.loop_s + after_s, 1e-9)
