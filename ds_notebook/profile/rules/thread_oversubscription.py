"""More threads compute than there are cores.

What it sees. More threads set for torch or BLAS than cores, or more of them busy, and threads that were ready and had
to wait for a core; several processes of which each has a pool of threads of its own.

Why it matters. Threads that share one operation wait for the slowest of them; with more than one to a core the slowest
is the one that has not been let on yet.

Bad::

    torch.set_num_threads(16)  # on 2 cores

Good::

    torch.set_num_threads(2)  # or leave it: torch counts the cores

How the remedy is verified. The code is timed with as many threads as cores.

When it stays silent. Threads that wait; as many as cores; and where the waiting of others on this machine explains it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import by, critical, innermost, total, wall_s
from ds_notebook.profile.rules._source import Code, called, code

CODE = "thread-oversubscription"

MORE = 1.5
"""Times the cores, or it is not worth a word."""
MORE_POOLS = 3.0
CORES_FILLED = 0.6
"""Of all cores' time, by this process."""
WAITED_FOR_A_CORE = 0.25
"""Of the time on a core, at least."""
HIGHEST_LOCAL = 2.0
"""Of 2 cores: a small training step took 0.7 ms with one thread, 1.9 with 8; large products lost nothing."""

_SETTERS = {"set_num_threads", "threadpool_limits", "set_num_interop_threads"}
_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def find(profile: Profile) -> Iterator[Found]:
    yield from _of_this_process(profile)
    yield from _of_processes(profile)


def _of_this_process(profile: Profile) -> Iterator[Found]:
    seen, cores = profile.observed, max(profile.observed.cores, 1.0)
    # Busy threads count only where they fill the cores: many that do little are in nobody's way.
    filled = seen.cpu_s >= CORES_FILLED * cores * seen.wall_s
    busy = seen.busy_threads if filled and seen.busy_threads >= _least_busy(profile, cores) else 0
    threads = max(seen.torch_threads or 0, busy)
    delay_s = seen.run_delay_s
    if threads < MORE * cores or delay_s is None or delay_s < WAITED_FOR_A_CORE * seen.cpu_s:
        return
    computing = [stack for stack in critical(profile) if _computes(profile, stack)]
    seconds = total(computing).wall_s
    at = _setting(profile) or next(iter(by(computing, lambda stack: innermost(profile, stack))), None)
    if at is None or seconds < REMARKABLE_S:
        return
    share = min(seconds / wall_s(profile), 1.0)
    local = min(HIGHEST_LOCAL, 1 + delay_s / max(seen.cpu_s, 1e-9))
    yield Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected_speedup(share, local),
        evidence=f"{share:.0%} of the time is computed by {threads} threads on {cores:g} cores;"
        f" they waited {delay_s:.1f} s for one, beside {seen.cpu_s:.1f} s on one.",
        advice=f"Use {cores:g} threads.",
        fix=f"torch.set_num_threads({cores:g})"
        if seen.torch_threads
        else f'os.environ["OMP_NUM_THREADS"] = "{cores:g}"',
        facts={"threads": threads, "cores": cores},
    )


def _of_processes(profile: Profile) -> Iterator[Found]:
    """Each of several processes has a pool of threads of its own, as OpenMP and OpenBLAS make them."""
    processes, cores = profile.observed.processes, max(profile.observed.cores, 1.0)
    threads = sum(each.busy_threads for each in processes)
    cpu_s, delay_s = sum(each.cpu_s for each in processes), sum(each.run_delay_s for each in processes)
    if len(processes) < 2 or threads < MORE * max(cores, len(processes)) or delay_s < WAITED_FOR_A_CORE * cpu_s:
        return
    computing = [stack for stack in critical(profile) if stack.lane.startswith("process")]
    seconds = total(computing).wall_s
    at = _setting(profile) or next(iter(by(computing, lambda stack: innermost(profile, stack))), None)
    if at is None or seconds < REMARKABLE_S:
        return
    share = min(seconds / wall_s(profile), 1.0)
    each = max(1, int(cores) // len(processes))
    yield Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected_speedup(share, min(HIGHEST_LOCAL, 1 + delay_s / max(cpu_s, 1e-9))),
        evidence=f"{share:.0%} of the time is computed by {len(processes)} processes with {threads} threads on"
        f" {cores:g} cores; they waited {delay_s:.1f} s for one, beside {cpu_s:.1f} s on one.",
        advice=f"Give each process {each} {'thread' if each == 1 else 'threads'}.",
        fix=f'os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "{each}"  # above the imports',
        facts={"threads": threads, "cores": cores},
    )


def _least_busy(profile: Profile, cores: float) -> float:
    """torch has a pool for the forward and one for the backward pass, which take turns."""
    return (MORE_POOLS if profile.observed.torch_threads else MORE) * cores


def _computes(profile: Profile, stack: Stack) -> bool:
    """Not asleep: with a library's threads at work the main one may well be without a core itself."""
    at = innermost(profile, stack)
    tree = code(profile, at.place) if at else None
    sleeping = (
        tree is not None and at is not None and any(called(call).endswith("sleep") for call in tree.calls(at.line))
    )
    return at is not None and not sleeping


def _setting(profile: Profile) -> Frame | None:
    """The line of the user's that asks for so many."""
    for place in profile.sources:
        tree = code(profile, place)
        line = _setting_line(tree) if tree else None
        if tree and line:
            return Frame(getattr(tree.function(line), "name", "<module>"), place, line)
    return None


def _setting_line(tree: Code) -> int | None:
    setters = [call.lineno for call in tree.all_calls() if called(call).rpartition(".")[2] in _SETTERS]
    assigned = [node for node in ast.walk(tree.tree) if isinstance(node, ast.Assign)]
    variables = [node.lineno for node in assigned if any(name in ast.unparse(node) for name in _VARIABLES)]
    return next(iter([*setters, *variables]), None)
