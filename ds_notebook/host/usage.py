"""What the process with its children, the container and the GPUs are busy with: cheap samples that never block."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ds_notebook.host.gpus import GpuSampler
from ds_notebook.host.limits import ROOT, allowed_cores, allowed_cpus, cgroup_folders, cpu_quota, memory_limit

Usage = dict[str, dict[str, float]]

_TREE_EVERY_S = 5.0  # the list of children costs a read for each thread of ours (0.6 ms with 31): not for every sample


class UsageSampler:
    """Numbers by device and metric: devices are "process" (children included), "machine" and "gpu0", "gpu1"...

    Metrics are `cpu_busy_pct` (of the cores allowed), `memory_bytes`, `io_bytes_per_s`
    (storage, not the page cache), `cpu_pressure_pct` (share of time in which something
    waited for a core) and `gpu_busy_pct`. "machine" is the container where one sets a
    limit. Rates are over the time since the last sample, so the first has none; what
    this machine does not tell is absent, never zero. Memory that processes share is
    counted in each.
    """

    def __init__(self, root: Path = ROOT, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._gpus = GpuSampler()
        linux = (root / "proc/self/stat").exists()
        self._source: _Source = _Linux(root) if linux else _Elsewhere()
        self._last: _Counters | None = None

    def sample(self) -> Usage:
        """The usage now; on Linux about 0.1 ms of CPU time, 0.02 more for each child and some once in five seconds."""
        counters = self._source.read(self._clock())
        usage = usage_between(self._last, counters)
        self._last = counters
        return usage | self._gpus.sample()


class _Process(NamedTuple):
    cpu_s: float
    memory_bytes: int
    io_bytes: int | None


class _Counters(NamedTuple):
    """Everything read at `now_s`; counters only rise, None where the machine does not tell."""

    now_s: float
    cores: float
    processes: dict[tuple[int, int], _Process]
    """By process number and start, so that a number used again is not taken for the old process."""
    busy_s: float | None
    pressure_s: float | None
    memory_bytes: int | None


class _Source(Protocol):
    def read(self, now_s: float) -> _Counters: ...


def usage_between(before: _Counters | None, now: _Counters) -> Usage:
    """Usage at `now`, with rates since `before`."""
    process: dict[str, float] = {"memory_bytes": sum(each.memory_bytes for each in now.processes.values())}
    machine: dict[str, float] = {} if now.memory_bytes is None else {"memory_bytes": now.memory_bytes}
    elapsed_s = now.now_s - before.now_s if before else 0.0
    if before and elapsed_s > 0:
        # A process seen for the first time only gives its counters: its past is not of this interval.
        pairs = [(before.processes[key], each) for key, each in now.processes.items() if key in before.processes]
        process["cpu_busy_pct"] = _pct(sum(b.cpu_s - a.cpu_s for a, b in pairs), elapsed_s * now.cores)
        moved = [b.io_bytes - a.io_bytes for a, b in pairs if a.io_bytes is not None and b.io_bytes is not None]
        if moved:
            process["io_bytes_per_s"] = sum(moved) / elapsed_s
        if before.busy_s is not None and now.busy_s is not None:
            machine["cpu_busy_pct"] = _pct(now.busy_s - before.busy_s, elapsed_s * now.cores)
        if before.pressure_s is not None and now.pressure_s is not None:
            machine["cpu_pressure_pct"] = _pct(now.pressure_s - before.pressure_s, elapsed_s)
    return {device: values for device, values in (("process", process), ("machine", machine)) if values}


def _pct(part: float, whole: float) -> float:
    return round(min(max(100 * part / whole, 0.0), 100.0), 1)  # clocks of two counters differ by a tick


class _Linux:
    """Reads /proc and the cgroup files directly: ten times faster than through psutil."""

    def __init__(self, root: Path) -> None:
        self._proc = str(root / "proc")
        self._tick_s = 1 / os.sysconf("SC_CLK_TCK")
        self._page_bytes = os.sysconf("SC_PAGE_SIZE")
        self._cores = allowed_cores(root)
        self._cpus = {b"cpu%d" % number for number in allowed_cpus()}
        self._quota = cpu_quota(root)
        self._memory_limit = memory_limit(root)
        self._pressure = _find_pressure(root)
        self._children: list[int] = []
        self._children_at_s = float("-inf")

    def read(self, now_s: float) -> _Counters:
        if now_s - self._children_at_s >= _TREE_EVERY_S:
            self._children = self._descendants("self", depth=8)
            self._children_at_s = now_s
        found = (self._process(pid) for pid in ("self", *map(str, self._children)))
        return _Counters(
            now_s=now_s,
            cores=self._cores,
            processes=dict(each for each in found if each),
            busy_s=self._busy_s(),
            pressure_s=self._pressure_s(),
            memory_bytes=self._memory_bytes(),
        )

    def _descendants(self, pid: str, depth: int) -> list[int]:
        folder = f"{self._proc}/{pid}/task"
        try:
            threads = os.listdir(folder)
        except OSError:
            return []
        children = [int(child) for thread in threads for child in _read(f"{folder}/{thread}/children").split()]
        if depth == 0:
            return children
        return children + [each for child in children for each in self._descendants(str(child), depth - 1)]

    def _process(self, pid: str) -> tuple[tuple[int, int], _Process] | None:
        stat = _read(f"{self._proc}/{pid}/stat")
        if not stat:
            return None  # it ended since the list was made
        # The process's name, in brackets, may hold anything: fields[0] is the third of proc(5).
        fields = stat[stat.rindex(b")") + 2 :].split()
        started, pages = int(fields[19]), int(fields[21])
        cpu_s = (int(fields[11]) + int(fields[12])) * self._tick_s
        return (int(stat.split(b" ", 1)[0]), started), _Process(cpu_s, pages * self._page_bytes, self._io_bytes(pid))

    def _io_bytes(self, pid: str) -> int | None:
        lines = dict(line.split(b": ") for line in _read(f"{self._proc}/{pid}/io").splitlines())
        if b"read_bytes" not in lines or b"write_bytes" not in lines:
            return None
        return int(lines[b"read_bytes"]) + int(lines[b"write_bytes"])

    def _busy_s(self) -> float | None:
        if self._quota is not None:
            return _cgroup_busy_s(str(self._quota.folder))
        rows = [line.split() for line in _read(f"{self._proc}/stat").splitlines() if line.startswith(b"cpu")]
        mine = [row for row in rows if row[0] in self._cpus]
        if not mine:
            return None
        # user, nice, system, (idle, iowait,) irq, softirq, steal: what others stole is not free for us either
        return sum(int(row[column]) for row in mine for column in (1, 2, 3, 6, 7, 8)) * self._tick_s

    def _memory_bytes(self) -> int | None:
        if self._memory_limit is not None:
            return _cgroup_memory_bytes(str(self._memory_limit.folder))
        lines = dict(line.split(b":", 1) for line in _read(f"{self._proc}/meminfo").splitlines())
        if b"MemTotal" not in lines or b"MemAvailable" not in lines:
            return None
        total_kb, available_kb = (int(lines[name].split()[0]) for name in (b"MemTotal", b"MemAvailable"))
        return (total_kb - available_kb) * 1024

    def _pressure_s(self) -> float | None:
        some = _read(self._pressure).partition(b"\n")[0] if self._pressure else b""
        total_us = some.rpartition(b"total=")[2]
        return int(total_us) / 1e6 if total_us.isdigit() else None


class _Elsewhere:
    """Through psutil where there is no /proc."""

    def __init__(self) -> None:
        import psutil  # slow to import, and only needed off Linux

        self._psutil = psutil
        self._self = psutil.Process()
        self._cores = allowed_cores()
        self._children: list[psutil.Process] = []
        self._children_at_s = float("-inf")

    def read(self, now_s: float) -> _Counters:
        if now_s - self._children_at_s >= _TREE_EVERY_S:
            self._children = self._self.children(recursive=True)
            self._children_at_s = now_s
        found = (self._process(each) for each in (self._self, *self._children))
        times, memory_now = self._psutil.cpu_times(), self._psutil.virtual_memory()
        return _Counters(
            now_s=now_s,
            cores=self._cores,
            processes=dict(each for each in found if each),
            busy_s=sum(times) - times.idle,
            pressure_s=None,
            memory_bytes=memory_now.total - memory_now.available,
        )

    def _process(self, process: Any) -> tuple[tuple[int, int], _Process] | None:  # psutil has no types
        try:
            times, memory_bytes = process.cpu_times(), process.memory_info().rss
        except self._psutil.Error:
            return None
        return (process.pid, int(process.create_time())), _Process(times.user + times.system, memory_bytes, None)


def _find_pressure(root: Path) -> str | None:
    files = [folder / "cpu.pressure" for folder in cgroup_folders("cpu", root)]
    return next((str(path) for path in [*files, root / "proc/pressure/cpu"] if _read(str(path))), None)


def _cgroup_memory_bytes(folder: str) -> int | None:
    used = _read(f"{folder}/memory.current").strip() or _read(f"{folder}/memory.usage_in_bytes").strip()
    if not used.isdigit():
        return None
    stat = dict(line.split() for line in _read(f"{folder}/memory.stat").splitlines())
    cached = stat.get(b"total_inactive_file", stat.get(b"inactive_file", b"0"))  # given back before anything is killed
    return max(int(used) - int(cached), 0)


def _cgroup_busy_s(folder: str) -> float | None:
    for line in _read(f"{folder}/cpu.stat").splitlines():
        if line.startswith(b"usage_usec "):
            return int(line.split()[1]) / 1e6
    in_v1 = _read(f"{folder}/cpuacct.usage").strip() or _read(
        f"{folder}/cpuacct.usage".replace("/cpu/", "/cpuacct/", 1)
    )
    return int(in_v1) / 1e9 if in_v1.strip().isdigit() else None


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 65536)
    except OSError:  # it ended between the two, or reading is refused
        return b""
    finally:
        os.close(descriptor)
