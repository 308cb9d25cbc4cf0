"""The numbers that the scheduler goes by: of the machine, of a job's processes, of the runs that its code started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.record import Run
from ds_notebook.record.events import Decision
from ds_notebook.schedule.attempt import CHILD_RUN
from ds_notebook.schedule.children import Children, percentile
from ds_notebook.schedule.metrics import JobSampler, MachineSampler


def test_a_busy_process_is_seen_busy():
    sampler = JobSampler()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        sampler.sample(os.getpid(), time.monotonic())
        time.sleep(0.5)
        values = sampler.sample(os.getpid(), time.monotonic())
        busy.kill()

    assert values["cpu_busy_pct"] + values["cpu_run_delay_pct"] > 50  # a core of others' is waited for
    assert values["memory_bytes"] > 1e6


@pytest.mark.parametrize(
    "code",
    [
        "from threading import Thread\nwhile 1:\n t = Thread(target=sum, args=(range(10**6),)); t.start(); t.join()",
        "import os\nwhile True: os.system('i=0; while [ $i -lt 9999 ]; do i=$((i+1)); done')",
    ],
    ids=["threads", "processes"],
)
def test_what_has_ended_meanwhile_counts_as_well(code):
    sampler = JobSampler()
    with subprocess.Popen([sys.executable, "-c", code]) as busy:
        time.sleep(0.3)
        sampler.sample(os.getpid(), time.monotonic())
        time.sleep(1.0)
        values = sampler.sample(os.getpid(), time.monotonic())
        busy.kill()

    assert values["cpu_busy_pct"] > 25


def test_the_first_sample_has_no_rates_and_nothing_is_zero_for_want_of_a_source():
    with subprocess.Popen(["sleep", "60"]) as alone:
        values = JobSampler().sample(alone.pid, time.monotonic())
        alone.kill()

    assert values == {}


def test_the_machine_tells_what_it_has():
    sampler = MachineSampler()
    sampler.sample(time.monotonic())
    time.sleep(0.05)
    found = sampler.sample(time.monotonic())

    assert {"cpu_busy_pct", "memory_bytes"} <= found["machine"].keys() <= {
        "cpu_busy_pct", "cpu_run_delay_pct", "cpu_pressure_pct", "memory_bytes", "io_bytes_per_s",
    }  # fmt: skip
    assert all({"gpu_busy_pct"} <= values.keys() for device, values in found.items() if device.startswith("gpu"))


@pytest.fixture
def job(runs: Path, tmp_path: Path) -> Path:
    """The folder of a job whose code has started a run."""
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def announce(job: Path, run: Run) -> None:
    evidence = {"path": str(run.path)}
    Run(job, None).emit(Decision(policy=CHILD_RUN, subject=run.id, verdict="started", evidence=evidence))


def test_steps_and_waits_of_a_training_are_its_jobs(job):
    with ds.start_run(kind="train", total_steps=40) as run:
        announce(job, run)
        for _ in run.steps(slow_batches(20)):
            time.sleep(0.005)
    children = Children(job)
    children.read(time.time())
    values = children.values()

    assert 0.009 < values["step_time_s"] < 0.1 and 20 < values["data_wait_pct"] < 80
    assert (children.saves, children.progress) == (True, 0.5)


def slow_batches(count: int):
    for number in range(count):
        time.sleep(0.005)
        yield number


def test_latencies_of_the_last_seconds_are_a_services(job):
    with ds.start_run("service") as run:
        announce(job, run)
        for number in range(100):
            run.log(latency_s=number / 1000, queue_length=number % 3)
    children = Children(job)
    children.read(time.time())
    fresh = children.values()
    children.read(time.time() + 60)

    assert fresh == {"latency_p99_s": 0.099, "queue_length": 0.0}
    assert children.latency_p99_s() is None


def test_a_job_may_say_itself_how_far_it_is(job):
    own = Run(job, None)
    own.log(progress=0.25)
    children = Children(job)
    children.read(time.time())

    assert children.progress == 0.25
    own.end()


def test_a_percentile_is_a_value_that_was_there():
    assert [percentile(values, 0.99) for values in ([], [1.0], [1.0, 2.0, 3.0])] == [None, 1.0, 3.0]


def test_sampling_costs_less_than_half_a_percent_of_a_core():
    """At one sample in five seconds: 25 ms each."""
    machine, job = MachineSampler(), JobSampler()
    started = time.process_time()
    for _ in range(10):
        machine.sample(time.monotonic())
        job.sample(os.getppid(), time.monotonic())

    assert (time.process_time() - started) / 10 < 0.025
