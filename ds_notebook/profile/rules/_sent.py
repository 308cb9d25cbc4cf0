"""What pools of processes spend on sending: arguments and results are pickled here and read there."""

from __future__ import annotations

from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile, Stack, lane_kind
from ds_notebook.profile.rules._seconds import by, critical, innermost, inside, total, waits

_POOLS = ("concurrent/futures/_base.py", "concurrent/futures/process.py", "multiprocessing/pool.py")
_PICKLES = {
    "reduction.py": ("ForkingPickler.dumps",),
    "queues.py": ("Queue.get", "SimpleQueue.get"),
    "connection.py": ("_ConnectionBase.recv",),
}


class Sent(NamedTuple):
    """The user's line that waits for a pool, for how long, and the share of that in which things are sent."""

    at: Frame
    seconds: float
    share: float


def sent(profile: Profile) -> Sent | None:
    """None where no pool of processes is waited for."""
    waiting = [stack for stack in profile.main() if waits(profile, stack) and _for_a_pool(stack)]
    at = next(iter(by(waiting, lambda stack: innermost(profile, stack))), None)
    pooled = [stack for stack in critical(profile) if stack.lane != "main"]
    if at is None or not any(lane_kind(stack.lane) == "process" for stack in pooled):
        return None
    pooled_s = total(pooled).wall_s
    return Sent(at, pooled_s, total(filter(_pickles, pooled)).wall_s / max(pooled_s, 1e-9))


def _for_a_pool(stack: Stack) -> bool:
    return any(inside(frame, *_POOLS) for frame in stack.frames)


def _pickles(stack: Stack) -> bool:
    """Where the reading lies in these functions themselves: whatever waits for a pipe or a lock lies beneath."""
    leaf = stack.frames[-1]
    return any(inside(leaf, f"multiprocessing/{file}") and leaf.function in names for file, names in _PICKLES.items())
