"""The twelve numbers that the scheduler goes by, for the machine and for each job. What is missing here is absent.

Of the machine: `gpu_busy_pct`, `gpu_memory_bytes`, `gpu_power_w` (each GPU), `cpu_busy_pct`, `cpu_run_delay_pct`,
`cpu_pressure_pct`, `memory_bytes`, `io_bytes_per_s`, `queue_length`. Of a job: its own share of those, and
`data_wait_pct`, `step_time_s`, `queue_length` and `latency_p99_s` from its runs.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from typing import NamedTuple

from ds_notebook.host import UsageSampler
from ds_notebook.schedule.tree import descendants, threads

Values = dict[str, float]

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_PROCESS_CLOCK = 2


class _Counters(NamedTuple):
    """What one process has used so far."""

    busy_ns: int
    delay_ns: int
    """Time in which it could have run and had no core."""
    io_bytes: int | None
    memory_bytes: int


class JobSampler:
    """What the processes of one job use: read from /proc, rates since the last sample, so the first has none."""

    def __init__(self) -> None:
        self._last: dict[int, _Counters] = {}
        self._last_s = 0.0

    def sample(self, pid: int, now_s: float) -> Values:
        """Of everything below the wrapper `pid`; `cpu_busy_pct` of one core, so two busy ones are 200."""
        counters = {process: found for process in descendants(pid) if (found := _counters(process))}
        before, elapsed_s = self._last, now_s - self._last_s
        self._last, self._last_s = counters, now_s
        if not counters:
            return {}
        values: Values = {"memory_bytes": sum(each.memory_bytes for each in counters.values())}
        pairs = [(before[process], each) for process, each in counters.items() if process in before]
        if pairs and elapsed_s > 0:
            busy_ns = sum(each.busy_ns for each in counters.values()) - sum(each.busy_ns for each in before.values())
            values["cpu_busy_pct"] = _pct_of_time([(0, busy_ns)], elapsed_s)
            values["cpu_run_delay_pct"] = _pct_of_time(((old.delay_ns, new.delay_ns) for old, new in pairs), elapsed_s)
            moved = [new.io_bytes - old.io_bytes for old, new in pairs if old.io_bytes is not None and new.io_bytes]
            if moved:
                values["io_bytes_per_s"] = max(0, sum(moved)) / elapsed_s
        return values


def _pct_of_time(pairs: Iterable[tuple[int, int]], elapsed_s: float) -> float:
    return round(sum(max(0, new - old) for old, new in pairs) / elapsed_s / 1e7, 1)


def _counters(pid: int) -> _Counters | None:
    statm = _read(f"/proc/{pid}/statm").split()
    if not statm:
        return None
    delay_ns = 0
    for thread in threads(pid):
        schedstat = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
        if len(schedstat) == 3:
            delay_ns += int(schedstat[1])
    return _Counters(_busy_ns(pid), delay_ns, _io_bytes(pid), int(statm[1]) * _PAGE_BYTES)


def _busy_ns(pid: int) -> int:
    """Also what its threads and children had of a core that have ended; its own to the nanosecond, where that is told.

    A child's count becomes its parent's when it ends, so only the sum over a tree says what was used.
    """
    stat = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if len(stat) < 15:
        return 0
    user, system, childrens_user, childrens_system = (int(field) for field in stat[11:15])
    try:
        own_ns = time.clock_gettime_ns((~pid << 3) | _PROCESS_CLOCK)  # as Linux makes a process clock's number
    except OSError:
        own_ns = (user + system) * _TICK_NS
    return own_ns + (childrens_user + childrens_system) * _TICK_NS


def _io_bytes(pid: int) -> int | None:
    found = re.findall(r"^(?:read|write)_bytes: (\d+)", _read(f"/proc/{pid}/io"), re.MULTILINE)
    return sum(map(int, found)) if found else None


class MachineSampler:
    """The machine's, and each GPU's."""

    def __init__(self) -> None:
        self._usage = UsageSampler()
        self._last_ns: tuple[int, int] | None = None
        self._last_io: int | None = None
        self._last_s = 0.0

    def sample(self, now_s: float) -> dict[str, Values]:
        """Numbers by device: "machine", "gpu0", ..."""
        usage = self._usage.sample()
        elapsed_s, self._last_s = now_s - self._last_s, now_s
        found = {"machine": usage.get("machine", {}) | self._rates(elapsed_s)}
        for device in (device for device in usage if device.startswith("gpu")):
            found[device] = _gpu_words(usage[device])
        return {device: values for device, values in found.items() if values}

    def _rates(self, elapsed_s: float) -> Values:
        delay_ns, num_cores = _machine_delay()
        io_bytes = _machine_io()
        values: Values = {}
        if self._last_ns is not None and elapsed_s > 0 and num_cores:
            waited_s = (delay_ns - self._last_ns[0]) / 1e9
            values["cpu_run_delay_pct"] = round(100 * max(0.0, waited_s) / elapsed_s / num_cores, 1)
        if self._last_io is not None and io_bytes is not None and elapsed_s > 0:
            values["io_bytes_per_s"] = max(0, io_bytes - self._last_io) / elapsed_s
        self._last_ns = (delay_ns, num_cores) if num_cores else None
        self._last_io = io_bytes
        return values


def _gpu_words(values: Values) -> Values:
    """The host's names for a GPU's numbers are those of any device."""
    return {_GPU_WORDS[name]: value for name, value in values.items() if name in _GPU_WORDS}


_GPU_WORDS = {"gpu_busy_pct": "gpu_busy_pct", "memory_bytes": "gpu_memory_bytes", "gpu_power_w": "gpu_power_w"}


def _machine_delay() -> tuple[int, int]:
    """Nanoseconds that threads waited for a core, all cores together, and how many cores that are."""
    rows = [line.split() for line in _read("/proc/schedstat").splitlines() if re.match(r"cpu\d", line)]
    return sum(int(row[8]) for row in rows if len(row) > 8), len(rows)


def _machine_io() -> int | None:
    """Bytes read from and written to storage by the whole machine."""
    found = re.findall(r"^pgpg(?:in|out) (\d+)$", _read("/proc/vmstat"), re.MULTILINE)
    return sum(map(int, found)) * 1024 if found else None


def _read(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""
