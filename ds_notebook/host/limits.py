"""Cores and memory as the container sees them: affinity, cgroup v1 and v2, rlimits and the machine, whichever is least.

Functions take the `root` under which `proc` and `sys` lie, so a test gives them a folder of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/")
MEMORY = "DS_NOTEBOOK_MEMORY_BYTES"
"""A variable that says what this process may hold, where someone keeps a limit that the system does not tell of."""


class CpuQuota(NamedTuple):
    """The tightest CPU quota over the process, and the cgroup that sets it."""

    cores: float
    folder: Path


class MemoryLimit(NamedTuple):
    """The tightest memory limit over the process, and the cgroup that sets it."""

    limit_bytes: int
    folder: Path


class Memory(NamedTuple):
    """Bytes the process may have in all, and bytes it can still get now; None where the system does not say."""

    total_bytes: int | None
    available_bytes: int | None


def read(path: Path) -> str:
    """Text of a small kernel file, empty if it is missing or refused."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def cgroup_folders(controller: str, root: Path = ROOT) -> list[Path]:
    """The process's cgroups that may limit `controller`, each followed by its parents: a limit holds for all below it.

    Inside a container the path in /proc/self/cgroup can be the host's while the mount
    shows only the container's part; folders that are not there are left out.
    """
    mount = root / "sys/fs/cgroup"
    folders: list[Path] = []
    for line in read(root / "proc/self/cgroup").splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers:
            bases = [mount, mount / "unified"]
        elif controller in controllers.split(","):
            bases = [mount / controllers, mount / controller]
        else:
            continue
        for base in dict.fromkeys(base for base in bases if base.is_dir()):
            folders += [folder for folder in _upwards(base, path) if folder.is_dir()]
    return list(dict.fromkeys(folders))


def cpu_quota(root: Path = ROOT) -> CpuQuota | None:
    """The tightest CPU quota of cgroup v1 or v2, None if there is none."""
    quotas = [CpuQuota(cores, folder) for folder in cgroup_folders("cpu", root) if (cores := _quota_cores(folder))]
    return min(quotas, default=None)


def allowed_cores(root: Path = ROOT) -> float:
    """Cores the process may keep busy: its affinity, or the CPU quota if that is less."""
    cores = float(len(allowed_cpus()))
    quota = cpu_quota(root)
    return cores if quota is None else min(cores, quota.cores)


def allowed_cpus() -> list[int]:
    """Numbers of the CPUs that the process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def memory_limit(root: Path = ROOT) -> MemoryLimit | None:
    """The tightest memory limit of cgroup v1 or v2, None if there is none below the machine's memory."""
    folders = cgroup_folders("memory", root)
    limits = [MemoryLimit(limit, folder) for folder in folders if (limit := _cgroup_memory(folder)[0]) is not None]
    machine_bytes = _kilobytes(read(root / "proc/meminfo"), "MemTotal")
    tightest = min(limits, default=None)  # v1 writes "no limit" as a number above any machine's memory
    return None if tightest is None or (machine_bytes and tightest.limit_bytes >= machine_bytes) else tightest


def memory(root: Path = ROOT) -> Memory:
    """Least of the machine's memory, each cgroup limit over the process, its rlimits, and what `MEMORY` says."""
    meminfo = read(root / "proc/meminfo")
    if not meminfo:
        return _memory_elsewhere()
    limits = [(_kilobytes(meminfo, "MemTotal"), _kilobytes(meminfo, "MemAvailable"))]
    limits += [_cgroup_memory(folder) for folder in cgroup_folders("memory", root)]
    limits += [_rlimit(root, "data size", "VmData"), _rlimit(root, "address space", "VmSize")]
    limits += [_told(root)]
    totals, availables = ([each for each in column if each is not None] for column in zip(*limits, strict=True))
    available = min([*availables, *totals], default=None)
    return Memory(min(totals, default=None), None if available is None else max(available, 0))


def _upwards(base: Path, path: str) -> Iterator[Path]:
    parts = [part for part in path.split("/") if part]
    if ".." not in parts:  # a cgroup outside the container's own: only the mount itself can be read
        for length in range(len(parts), 0, -1):
            yield base.joinpath(*parts[:length])
    yield base


def _quota_cores(folder: Path) -> float | None:
    quota, _, period = read(folder / "cpu.max").strip().partition(" ")
    if not quota:
        quota, period = (read(folder / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period"))
    if not (quota.isdigit() and period.isdigit() and int(period)):  # "max" and "-1" mean no quota
        return None
    return int(quota) / int(period) or None


def _cgroup_memory(folder: Path) -> tuple[int | None, int | None]:
    limit = read(folder / "memory.max").strip() or read(folder / "memory.limit_in_bytes").strip()
    used = read(folder / "memory.current").strip() or read(folder / "memory.usage_in_bytes").strip()
    if not limit.isdigit():
        return None, None
    if not used.isdigit():
        return int(limit), None
    # Pages of files not lately read are given back before anything is killed.
    cached = re.search(r"^(?:total_)?inactive_file (\d+)$", read(folder / "memory.stat"), re.MULTILINE)
    return int(limit), int(limit) - int(used) + (int(cached[1]) if cached else 0)


def _rlimit(root: Path, name: str, used_name: str) -> tuple[int | None, int | None]:
    limit = re.search(rf"^Max {name} +(\d+)", read(root / "proc/self/limits"), re.MULTILINE)
    if limit is None:
        return None, None
    used = _kilobytes(read(root / "proc/self/status"), used_name) or 0
    return int(limit[1]), int(limit[1]) - used


def _told(root: Path) -> tuple[int | None, int | None]:
    told = os.environ.get(MEMORY, "")
    if not told.isdecimal():
        return None, None
    return int(told), int(told) - (_kilobytes(read(root / "proc/self/status"), "VmRSS") or 0)


def _kilobytes(text: str, name: str) -> int | None:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _memory_elsewhere() -> Memory:
    import psutil  # slow to import, and only needed off Linux

    found = psutil.virtual_memory()
    return Memory(found.total, found.available)
