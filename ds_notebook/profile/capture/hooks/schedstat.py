"""How long threads had a core, and how long they were ready and waited for one: /proc/PID/task/TID/schedstat."""

from __future__ import annotations

import ctypes
import os

from ds_notebook.profile.capture.turn import NAME
from ds_notebook.profile.observed import Process

TAKES_PART = 0.08
"""Of what the busiest thread of a process had."""

MOST_BYTES = 4096


class Threads:
    """Those of one process ("self" or its number), libraries' own included, from the first look on."""

    def __init__(self, process: str, *, from_its_birth: bool = False) -> None:
        self._tasks = f"/proc/{process}/task"
        self._samplers: dict[str, bool] = {}
        self._first: dict[str, tuple[int, int]] = {}
        self._last: dict[str, tuple[int, int]] = {}
        if not from_its_birth:
            self._first = self._read()
            self._last = dict(self._first)

    def look(self) -> None:
        """Note how far they have come; one that has ended stays where it was seen last."""
        self._last.update(self._read())

    def cpu_s(self) -> float:
        """Of all threads."""
        return sum(on_core - self._before(task)[0] for task, (on_core, _) in self._last.items()) / 1e9

    def run_delay_s(self) -> float | None:
        """Of all threads; None where the system does not say."""
        delays = [waited - self._before(task)[1] for task, (_, waited) in self._last.items()]
        return sum(delays) / 1e9 if delays else None

    def num_busy(self, least_s: float, beside: float = 0.0) -> int:
        """Threads that had a core for longer than `least_s`, and than `beside` times the busiest of them."""
        on_cores_s = [(on_core - self._before(task)[0]) / 1e9 for task, (on_core, _) in self._last.items()]
        least_s = max(least_s, beside * max(on_cores_s, default=0.0))
        return sum(each_s > least_s for each_s in on_cores_s)

    def _read(self) -> dict[str, tuple[int, int]]:
        found = {}
        for task in _names(self._tasks):
            try:
                if self._is_sampler(task):
                    continue
                on_core_ns, waited_ns, _ = _contents(f"{self._tasks}/{task}/schedstat").split()
            except (OSError, ValueError):  # it has just ended, or this kernel keeps no such counts
                continue
            found[task] = (int(on_core_ns), int(waited_ns))
        return found

    def _is_sampler(self, task: str) -> bool:
        """Whether it is a profile's own thread, here or in a child; it names itself before its first sample."""
        if task not in self._samplers:
            self._samplers[task] = _contents(f"{self._tasks}/{task}/comm").strip() == NAME
        return self._samplers[task]

    def _before(self, task: str) -> tuple[int, int]:
        """A thread that was born meanwhile begins at nothing."""
        return self._first.get(task, (0, 0))


class Below:
    """The processes that this one has started, and those that they have."""

    def __init__(self) -> None:
        self._before = set(_below("self"))
        self._threads: dict[str, Threads] = {}

    def look(self) -> None:
        """Note how far each has come."""
        for process in _below("self"):
            if process not in self._threads:
                self._threads[process] = Threads(process, from_its_birth=process not in self._before)
            self._threads[process].look()

    def processes(self, least_s: float) -> list[Process]:
        """Those with a thread that had a core for longer than `least_s`."""
        return [
            Process(
                cpu_s=round(threads.cpu_s(), 3),
                run_delay_s=round(threads.run_delay_s() or 0.0, 3),
                busy_threads=threads.num_busy(least_s, TAKES_PART),
            )
            for threads in self._threads.values()
            if threads.num_busy(least_s)
        ]


def _below(process: str) -> list[str]:
    found = []
    for task in _names(f"/proc/{process}/task"):
        try:
            children = _contents(f"/proc/{process}/task/{task}/children").decode().split()
        except OSError:  # it has just ended, or this kernel does not say
            continue
        for child in children:
            found += [child, *_below(child)]
    return found


def _contents(path: str) -> bytes:
    """Of a small file of the system's, read without letting go of the GIL: where several threads compute, the sampler
    would wait for it again after each opening, reading and closing, and take no samples meanwhile."""
    calls, buffer = ctypes.PyDLL(None), ctypes.create_string_buffer(MOST_BYTES)
    file = calls.open(path.encode(), os.O_RDONLY)
    if file < 0:
        raise FileNotFoundError(path)
    try:
        size = calls.read(file, buffer, MOST_BYTES)
        return buffer.raw[: max(0, size)]
    finally:
        calls.close(file)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # it has ended, or this is not Linux
        return []
