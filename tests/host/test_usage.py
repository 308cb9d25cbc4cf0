"""Samples of what a machine is busy with: real ones from this process, exact ones from a folder like /proc."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from ds_notebook.host import UsageSampler
from ds_notebook.host.limits import allowed_cpus

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

TICK_S = 1 / os.sysconf("SC_CLK_TCK") if sys.platform == "linux" else 0.0
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if sys.platform == "linux" else 0


class Machine:
    """A folder that looks like /proc and /sys/fs/cgroup, and a clock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now_s = 100.0
        self.process("self", pid=7, cpu_s=0)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def process(self, folder: str, pid: int, cpu_s: float, pages: int = 10, started: int = 5) -> None:
        middle = " ".join(["0"] * 10)
        times = f"{round(cpu_s / TICK_S)} 0 0 0 0 0 0 0 {started} 0 {pages}"
        self.write(f"proc/{folder}/stat", f"{pid} (odd ) name) S {middle} {times} 0 0\n")

    def quota(self, cores: float, used_s: float) -> None:
        self.write("proc/self/cgroup", "0::/\n")
        self.write("sys/fs/cgroup/cpu.max", f"{round(cores * 100000)} 100000\n")
        self.write("sys/fs/cgroup/cpu.stat", f"usage_usec {round(used_s * 1e6)}\nuser_usec 1\n")

    def sampler(self) -> UsageSampler:
        return UsageSampler(self.root, lambda: self.now_s)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_busy_process_shows_as_busy():
    sampler = UsageSampler()
    sampler.sample()
    until_s = time.process_time() + 0.1
    while time.process_time() < until_s:
        pass

    process = sampler.sample()["process"]

    assert process["cpu_busy_pct"] > 0 and process["memory_bytes"] > 1 << 20


def test_the_first_sample_has_no_rates(machine):
    assert machine.sampler().sample() == {"process": {"memory_bytes": 10 * PAGE_BYTES}}


def test_busy_is_the_share_of_the_cores_that_the_quota_allows(machine):
    machine.quota(cores=0.5, used_s=1.0)
    sampler = machine.sampler()
    sampler.sample()
    machine.now_s += 2
    machine.quota(cores=0.5, used_s=1.75)
    machine.process("self", pid=7, cpu_s=0.5)

    usage = sampler.sample()

    assert (usage["process"]["cpu_busy_pct"], usage["machine"]["cpu_busy_pct"]) == (50.0, 75.0)


def test_without_a_quota_busy_is_that_of_the_cpus_allowed(machine):
    cpu = allowed_cpus()[0]
    others = "".join(f"cpu{number} 0 0 0 0 0 0 0 0 0 0\n" for number in allowed_cpus()[1:])
    machine.write("proc/stat", f"cpu  0 0 0 0\ncpu{cpu} 0 0 0 0 0 0 0 0 0 0\n{others}")
    sampler = machine.sampler()
    sampler.sample()
    machine.now_s += 1
    ticks = round(0.5 / TICK_S) * len(allowed_cpus())
    machine.write("proc/stat", f"cpu  0 0 0 0\ncpu{cpu} {ticks} 0 0 90000 0 0 0 0 0 0\n{others}")

    assert sampler.sample()["machine"]["cpu_busy_pct"] == 50.0


def test_loader_workers_count_with_the_process(machine):
    machine.write("proc/self/task/7/children", "")
    machine.write("proc/self/task/8/children", "21 ")  # started by a thread
    machine.process("21", pid=21, cpu_s=1, pages=5)

    assert machine.sampler().sample()["process"]["memory_bytes"] == 15 * PAGE_BYTES


def test_a_pid_used_again_is_another_process(machine):
    machine.write("proc/self/task/7/children", "21 ")
    machine.process("21", pid=21, cpu_s=1, started=5)
    sampler = machine.sampler()
    sampler.sample()
    machine.now_s += 1
    machine.process("21", pid=21, cpu_s=9, started=99)

    assert sampler.sample()["process"]["cpu_busy_pct"] == 0.0


def test_a_worker_that_ends_leaves_no_negative_rate(machine):
    machine.write("proc/self/task/7/children", "21 ")
    machine.process("21", pid=21, cpu_s=50)
    sampler = machine.sampler()
    sampler.sample()
    machine.now_s += 1
    (machine.root / "proc/21/stat").unlink()

    assert sampler.sample()["process"] == {"memory_bytes": 10 * PAGE_BYTES, "cpu_busy_pct": 0.0}


def test_storage_traffic_is_a_rate(machine):
    machine.write("proc/self/io", "rchar: 9\nread_bytes: 1000\nwrite_bytes: 0\n")
    sampler = machine.sampler()
    sampler.sample()
    machine.now_s += 2
    machine.write("proc/self/io", "rchar: 9\nread_bytes: 3000\nwrite_bytes: 2000\n")

    assert sampler.sample()["process"]["io_bytes_per_s"] == 2000.0


def test_pressure_is_the_share_of_time_in_which_something_waited(machine):
    machine.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\nfull avg10=0 total=0\n")
    sampler = machine.sampler()
    sampler.sample()
    machine.now_s += 2
    machine.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0 total=0\n")

    assert sampler.sample()["machine"] == {"cpu_pressure_pct": 25.0}


def test_the_machines_memory_is_the_containers_where_a_limit_is_set(machine):
    machine.write("proc/meminfo", f"MemTotal: {8 << 20} kB\nMemAvailable: {6 << 20} kB\n")
    machine.write("proc/self/cgroup", "0::/\n")
    machine.write("sys/fs/cgroup/memory.max", str(1 << 30))
    machine.write("sys/fs/cgroup/memory.current", "5000")
    machine.write("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 2000\n")

    assert machine.sampler().sample()["machine"] == {"memory_bytes": 3000}


def test_two_samples_at_one_time_give_no_rates(machine):
    sampler = machine.sampler()
    sampler.sample()

    assert sampler.sample() == {"process": {"memory_bytes": 10 * PAGE_BYTES}}


def test_children_are_found_among_real_processes():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    alone = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES

    with_child = UsageSampler().sample()["process"]["memory_bytes"]

    child.communicate(b"\n")
    assert with_child > alone


def test_gpus_are_sampled_through_nvml(machine, monkeypatch):
    class NVMLError(Exception):
        pass

    def no_busy_share(handle: str) -> None:
        raise NVMLError

    nvml = types.SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda index: f"handle {index}",
        nvmlDeviceGetUUID=lambda handle: "GPU-aa",
        nvmlDeviceGetMemoryInfo=lambda handle: types.SimpleNamespace(used=5),
        nvmlDeviceGetUtilizationRates=no_busy_share,
        nvmlDeviceGetPowerUsage=lambda handle: 120_000,
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    assert machine.sampler().sample()["gpu0"] == {"memory_bytes": 5, "gpu_power_w": 120}
