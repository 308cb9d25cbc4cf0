"""What the process as a whole used, and what it had to wait for: clocks, cores, memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ds_notebook.host import facts, memory_available_bytes
from ds_notebook.profile.capture.hooks.schedstat import Below, Threads
from ds_notebook.profile.capture.scope import Scope

MEMORY_EVERY_S = 0.05
MEMORY_SHARE = 0.03
"""Of the time that has gone by, between two notes of the memory: some 80 notes while it becomes ten times as much."""
THREADS_EVERY_S = (0.5, 5.0)
"""At first, since a pool may soon be gone with what its threads waited, and at last; in between a tenth of the time
that has gone by."""
PROCESSES_EVERY_S = 0.5
BUSY_SHARE = 0.02
"""Of a core: a thread that used less is not called busy."""


@contextmanager
def machine(scope: Scope) -> Iterator[None]:
    """Clocks of the process and its children, its memory as it goes on, what each of its threads waited for a core."""
    found = scope.found
    found.memory_available_bytes = memory_available_bytes()
    began_s, before = time.perf_counter(), os.times()
    threads, below = Threads("self"), Below()

    threads_seen_s = began_s

    def look_at_threads(_: FrameType | None, now_s: float) -> None:
        nonlocal threads_seen_s
        if now_s - threads_seen_s >= min(THREADS_EVERY_S[1], 0.1 * (now_s - began_s)):
            threads_seen_s = now_s
            threads.look()

    def look_at_memory(_: FrameType | None, now_s: float, *, last: bool = False) -> None:
        since_s = now_s - began_s
        noted_s = found.memory[-1][0] if found.memory else -MEMORY_EVERY_S
        due = last or since_s - noted_s >= max(MEMORY_EVERY_S, MEMORY_SHARE * since_s)
        if due and (resident := resident_bytes()):
            found.memory.append((round(since_s, 3), resident))

    scope.sampler.looks.add(MEMORY_EVERY_S, look_at_memory)
    scope.sampler.looks.add(THREADS_EVERY_S[0], look_at_threads)
    scope.sampler.looks.add(PROCESSES_EVERY_S, lambda *_: below.look())
    try:
        yield
    finally:
        now = os.times()
        found.wall_s = time.perf_counter() - began_s
        look_at_memory(None, time.perf_counter(), last=True)
        found.cpu_s = now.user - before.user + now.system - before.system
        found.children_cpu_s = now.children_user - before.children_user + now.children_system - before.children_system
        threads.look()
        found.run_delay_s = threads.run_delay_s()
        found.busy_threads = threads.num_busy(BUSY_SHARE * found.wall_s)
        found.processes = below.processes(BUSY_SHARE * found.wall_s)
        _note_cores(scope)


def _note_cores(scope: Scope) -> None:
    found, host = scope.found, facts()
    found.cores, found.gpus = host.cores, len(host.gpus)
    found.fast_bf16 = bool({"amx_bf16", "avx512_bf16", "bf16"} & set(host.cpu_flags or ()))
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_num_threads"):
        found.torch_threads = torch.get_num_threads()


def resident_bytes() -> int | None:
    """Memory of this process that is not swapped out; None where the system does not say."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return None
