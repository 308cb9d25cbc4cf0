"""Cores and memory of a container, read from a folder that looks like its /proc and /sys/fs/cgroup."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ds_notebook.host.limits import CpuQuota, Memory, allowed_cores, cpu_quota, memory, memory_limit

GB = 1 << 30


def write(root: Path, files: dict[str, str]) -> Path:
    """Writes each text under `root`, at the path it is named by."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """8 GB, 6 of them free, no cgroup."""
    return write(tmp_path, {"proc/meminfo": f"MemTotal: {8 << 20} kB\nMemFree: 1 kB\nMemAvailable: {6 << 20} kB\n"})


def test_without_cgroups_memory_is_the_machines(machine):
    assert memory(machine) == Memory(8 * GB, 6 * GB)


def test_a_limit_that_someone_else_keeps_is_told_by_a_variable(machine, monkeypatch):
    write(machine, {"proc/self/status": f"VmRSS: {1 << 19} kB\n"})
    monkeypatch.setenv("DS_NOTEBOOK_MEMORY_BYTES", str(2 * GB))

    assert memory(machine) == Memory(2 * GB, 3 * GB // 2)


def test_without_cgroups_there_is_no_quota(machine):
    assert cpu_quota(machine) is None


def test_v2_quota_is_the_share_of_the_period(machine):
    write(machine, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"})

    assert cpu_quota(machine) == CpuQuota(1.5, machine / "sys/fs/cgroup")


def test_v2_max_is_no_quota(machine):
    write(machine, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"})

    assert cpu_quota(machine) is None


def test_v1_quota_is_the_share_of_the_period(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "4:cpu,cpuacct:/box\n",
            "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "50000",
            "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000",
        },
    )

    assert cpu_quota(machine) == CpuQuota(0.5, machine / "sys/fs/cgroup/cpu,cpuacct/box")


def test_v1_minus_one_is_no_quota(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "4:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    )

    assert cpu_quota(machine) is None


def test_a_parents_tighter_quota_counts(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "0::/pod/box\n",
            "sys/fs/cgroup/pod/box/cpu.max": "400000 100000",
            "sys/fs/cgroup/pod/cpu.max": "200000 100000",
        },
    )

    assert cpu_quota(machine) == CpuQuota(2.0, machine / "sys/fs/cgroup/pod")


def test_a_quota_below_the_affinity_is_the_cores_allowed(machine):
    write(machine, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "25000 100000\n"})

    assert allowed_cores(machine) == 0.25


@pytest.mark.skipif(sys.platform != "linux", reason="no affinity elsewhere")
def test_without_a_quota_the_affinity_is_the_cores_allowed(machine):
    assert allowed_cores(machine) == len(os.sched_getaffinity(0))


def test_v2_memory_limit_leaves_the_cache_out_of_what_is_used(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": str(2 * GB),
            "sys/fs/cgroup/memory.current": str(GB),
            "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {GB // 2}\n",
        },
    )

    assert memory(machine) == Memory(2 * GB, 2 * GB - GB // 2)


def test_v1_memory_limit_is_found_where_the_mount_shows_only_the_containers_part(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "4:memory:/docker/0123\n0::/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(GB),
            "sys/fs/cgroup/memory/memory.usage_in_bytes": str(GB // 4),
        },
    )

    assert memory(machine) == Memory(GB, GB - GB // 4)


def test_v1_unlimited_is_no_limit(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "4:memory:/\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "1",
        },
    )

    assert (memory(machine).total_bytes, memory_limit(machine)) == (8 * GB, None)


def test_a_parents_tighter_memory_limit_counts(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "0::/pod/box\n",
            "sys/fs/cgroup/pod/box/memory.max": "max",
            "sys/fs/cgroup/pod/memory.max": str(3 * GB),
        },
    )

    assert memory(machine).total_bytes == 3 * GB


def test_a_cgroup_outside_the_containers_own_is_read_at_the_mount(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "0::/../..\n",
            "sys/fs/cgroup/memory.max": str(GB),
            "sys/memory.max": "1",
        },
    )

    assert memory(machine).total_bytes == GB


def test_a_data_rlimit_counts(machine):
    write(
        machine,
        {
            "proc/self/limits": "Max data size             1073741824           unlimited            bytes\n",
            "proc/self/status": "VmData:\t  524288 kB\n",
        },
    )

    assert memory(machine) == Memory(GB, GB // 2)


def test_an_rlimit_on_addresses_counts(machine):
    write(
        machine,
        {
            "proc/self/limits": "Max address space         4294967296           unlimited            bytes\n",
            "proc/self/status": "VmSize:\t 1048576 kB\n",
        },
    )

    assert memory(machine) == Memory(4 * GB, 3 * GB)


def test_an_overdrawn_limit_leaves_nothing_and_not_less(machine):
    write(
        machine,
        {
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/memory.max": "1000",
            "sys/fs/cgroup/memory.current": "1001",
        },
    )

    assert memory(machine) == Memory(1000, 0)
