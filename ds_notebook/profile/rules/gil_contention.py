"""Threads that compute in Python take turns.

What it sees. Two or more threads that were ready to run Python, while all together had about one core. The place is
the line that makes the threads, if there is one such line.

Why it matters. Python's lock lets one thread at a time run Python code: threads help where they wait, for a disk or a
network, or where a library computes without the lock.

Bad::

    with ThreadPoolExecutor(8) as pool:
        totals = list(pool.map(parse_and_sum, files))  # pure Python

Good::

    with ProcessPoolExecutor() as pool:
        totals = list(pool.map(parse_and_sum, files))

How the remedy is verified. By hand: what is sent to another process must be picklable.

When it stays silent. Threads that wait, threads of array libraries, one core, and less than two busy threads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack, lane_kind
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._packages import modules_named
from ds_notebook.profile.rules._seconds import by, imports, innermost, lanes, slowed, total, waits, wall_s
from ds_notebook.profile.rules._source import called, calls_to, code

CODE = "gil-contention"

BUSY = 0.1
"""Of all threads' time on a core: a thread with less is no contender."""
A_LITTLE_MORE_THAN_ONE_CORE = 1.25
LIBRARIES = 0.8
"""Of what threads of Python used, by threads that are none of Python's: then a library computes without the lock."""
_HOLD_THE_LOCK = frozenset(
    "bisect cmath collections copy dataclasses datetime decimal enum fractions functools heapq itertools json math "
    "operator random re statistics string struct time typing".split()
)
"""Modules that compute in Python, or in C with its lock; of other packages nothing is known."""
_MAKE_THREADS = ("ThreadPoolExecutor", "ThreadPool", "Thread")
HANDED_OUT = 0.9
"""Of the cores that processes bring, sending work and results leaves so much."""


def find(profile: Profile) -> Iterator[Found]:
    threads = {lane: _ready(profile, stacks) for lane, stacks in lanes(profile, "thread").items()}
    threads["main"] = _ready(profile, profile.main())
    cpu_s = {lane: total(stacks).cpu_s for lane, stacks in threads.items()}
    all_cpu_s = sum(cpu_s.values())
    busy = [lane for lane in threads if cpu_s[lane] >= BUSY * all_cpu_s]
    stacks = [stack for lane in busy for stack in threads[lane]]
    beside = [stack for lane in busy if lane != "main" for stack in threads[lane]]
    ready = total(stacks)
    span_s = max((total(threads[lane]).wall_s for lane in busy), default=0.0)
    cores = int(profile.observed.cores)
    if len(busy) < 2 or cores < 2 or not beside or span_s < REMARKABLE_S:
        return
    if _computed_by_libraries_s(profile) > LIBRARIES * all_cpu_s:
        return
    # Who waits for the lock waits for a core as well, now and then: only of other code does that tell what others took.
    taken = slowed(profile) if _lets_others_run(profile, stacks) else 1.0
    if all_cpu_s * taken > A_LITTLE_MORE_THAN_ONE_CORE * span_s or ready.wall_s < 1.5 * ready.cpu_s * slowed(profile):
        return
    share = min(span_s / wall_s(profile), 1.0)
    local = max(1.0, min(cores, len(busy)) * HANDED_OUT)
    hottest = next(iter(by(beside, lambda stack: innermost(profile, stack))), None)
    if hottest is not None:
        yield Found(
            code=CODE,
            at=_started_at(profile) or hottest,
            seen_at=hottest,
            share=share,
            expected=expected_speedup(share, local),
            evidence=f"{share:.0%} of the time {len(busy)} threads run Python in turns, together on"
            f" {all_cpu_s / span_s:.1f} of {cores} cores, most of it in {hottest.where}.",
            advice="Use processes for it, or a library that computes outside of Python's lock.",
            fix="with concurrent.futures.ProcessPoolExecutor() as pool:\n    results = list(pool.map(work, items))",
            facts={"threads": len(busy)},
        )


def _started_at(profile: Profile) -> Frame | None:
    """The one line that makes threads; None where there are several, or none."""
    made = [frame for name in _MAKE_THREADS for frame, _ in calls_to(profile, name)]
    return made[0] if len(made) == 1 else None


def _lets_others_run(profile: Profile, stacks: list[Stack]) -> bool:
    """Whether most of the time is on lines that call a package which may compute without the lock."""
    calling = [stack for stack in stacks if (at := innermost(profile, stack)) and _calls_out(profile, at)]
    return total(calling).wall_s > total(stacks).wall_s / 2


def _calls_out(profile: Profile, at: Frame) -> bool:
    tree = code(profile, at.place)
    if tree is None:
        return False
    imported = [node for node in ast.walk(tree.tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        (each.asname or each.name).partition(".")[0]
        for node in imported
        if not modules_named(node) & _HOLD_THE_LOCK
        for each in node.names
    }
    return any(called(call).partition(".")[0] in names for call in tree.calls(at.line))


def _computed_by_libraries_s(profile: Profile) -> float:
    """On a core, by threads of OpenMP and the like."""
    own = [stack for stack in profile.stacks if lane_kind(stack.lane) != "process"]
    return max(0.0, profile.observed.cpu_s - total(own).cpu_s)


def _ready(profile: Profile, stacks: list[Stack]) -> list[Stack]:
    """On a line of the user's own that got some of a core: not asleep, not in a queue, not in a library.

    A thread that waits for the lock is seen where it last went round: the line got a core, if not that very stack.
    """
    found = [stack for stack in stacks if stack.frames and not waits(profile, stack) and not imports(profile, stack)]
    lines = by(found, lambda stack: innermost(profile, stack))
    at_work = {at for at, spent in lines.items() if spent.cpu_s >= 0.05 * spent.wall_s}
    return [stack for stack in found if innermost(profile, stack) in at_work]
