"""What the process as a whole used, and what it had to wait for: clocks, cores, memory."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ds_notebook.host import facts, memory_available_bytes
from ds_notebook.profile.capture.scope import Scope

MEMORY_EVERY_S = 0.05
MEMORY_SHARE = 0.03
"""Of the time that has gone by, between two notes of the memory: some 80 notes while it becomes ten times as much."""
THREADS_EVERY_S = 5.0
BUSY_SHARE = 0.02
"""Of a core: a thread that used less is not called busy."""


@contextmanager
def machine(scope: Scope) -> Iterator[None]:
    """Clocks of the process and its children, its memory as it goes on, what each of its threads waited for a core."""
    found = scope.found
    found.memory_available_bytes = memory_available_bytes()
    began_s, before = time.perf_counter(), os.times()
    threads = _Threads()

    def look_at_memory(_: FrameType | None, now_s: float, *, last: bool = False) -> None:
        since_s = now_s - began_s
        noted_s = found.memory[-1][0] if found.memory else -MEMORY_EVERY_S
        due = last or since_s - noted_s >= max(MEMORY_EVERY_S, MEMORY_SHARE * since_s)
        if due and (resident := resident_bytes()):
            found.memory.append((round(since_s, 3), resident))

    scope.sampler.looks.add(MEMORY_EVERY_S, look_at_memory)
    scope.sampler.looks.add(THREADS_EVERY_S, lambda *_: threads.look())
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


class _Threads:
    """Seconds with a core and seconds of waiting for one, of each thread of the system, libraries' own included."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[int, int]] = {}
        self._last: dict[str, tuple[int, int]] = {}
        self._first = self._read()
        self._last = dict(self._first)

    def look(self) -> None:
        self._last.update(self._read())

    def _read(self) -> dict[str, tuple[int, int]]:
        found = {}
        try:
            tasks = os.listdir("/proc/self/task")
        except OSError:  # not Linux
            return {}
        for task in tasks:
            try:
                on_core_ns, waited_ns, _ = Path(f"/proc/self/task/{task}/schedstat").read_bytes().split()
            except (OSError, ValueError):  # it has just ended, or this kernel keeps no such counts
                continue
            found[task] = (int(on_core_ns), int(waited_ns))
        return found

    def run_delay_s(self) -> float | None:
        """Of all threads; None where the system does not say."""
        delays = [waited - self._before(task)[1] for task, (_, waited) in self._last.items()]
        return sum(delays) / 1e9 if delays else None

    def num_busy(self, least_s: float) -> int:
        return sum(on_core - self._before(task)[0] > 1e9 * least_s for task, (on_core, _) in self._last.items())

    def _before(self, task: str) -> tuple[int, int]:
        """A thread that was born meanwhile begins at nothing."""
        return self._first.get(task, (0, 0))
