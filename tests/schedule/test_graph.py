"""Jobs that wait for one another, some failing at first, the scheduler killed half way: each succeeds exactly once."""

from __future__ import annotations

import datetime
import faulthandler
import os
import platform
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from ds_notebook.record.events import JobChanged
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SubmitConfig
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.submitted import notebook_jobs
from tests.schedule.jobs import shell, until
from tests.schedule.notebooks import write_notebook

SERVER = [sys.executable, "-m", "ds_notebook.schedule.server"]


class Told(NamedTuple):
    """What the record alone says of the jobs."""

    succeeded: dict[int, int]
    """How many jobs succeeded so many times."""
    failed_attempts: int
    too_early: list[str]
    """Jobs that began before one that they wait for had succeeded."""
    most_cores: int


def test_twelve_jobs_of_three_levels_outlive_a_scheduler(home, tmp_path):
    jobs = graph(12, lambda id, fails, after: step(tmp_path, id, fails, after), num_failures=2)

    assert told_after_a_kill(jobs) == Told({1: 12}, 2, [], len(os.sched_getaffinity(0)))


@pytest.mark.soak
def test_forty_notebooks_of_three_levels_outlive_a_scheduler(home, tmp_path, capsys):
    faulthandler.cancel_dump_traceback_later()  # pytest's, for a test that hangs: this one takes minutes
    started = time.monotonic()
    jobs = graph(40, lambda id, fails, after: notebook(tmp_path, id, fails, after), num_failures=3)
    told = told_after_a_kill(jobs)
    with capsys.disabled():
        print("\n" + row(told, time.monotonic() - started))

    assert told == Told({1: 40}, 3, [], len(os.sched_getaffinity(0)))


def graph(count: int, job, num_failures: int) -> list[JobSpec]:
    """Three levels; each of the second and third waits for two of the level before."""
    ids = [f"job-{number}" for number in range(count)]
    third = count // 3
    levels = [ids[:third], ids[third : 2 * third], ids[2 * third :]]
    chance = random.Random(0)
    failing = set(chance.sample(ids, num_failures))
    before = {id: chance.sample(levels[level - 1], 2) for level in (1, 2) for id in levels[level]}
    return [job(id, id in failing, before.get(id, [])) for id in ids]


def step(folder: Path, id: str, fails: bool, after: list[str]) -> JobSpec:
    """Fails in its first attempt if it is to."""
    failing = f"[ -e {folder}/{id} ] || {{ touch {folder}/{id}; exit 1; }};" if fails else ""
    return shell(id, f"{failing} sleep 0.1", after=after, retries=2)


def notebook(folder: Path, id: str, fails: bool, after: list[str]) -> JobSpec:
    failing = "assert mark.exists() or mark.touch(), 'the first time'" if fails else "pass"
    cells = ("id = ''", f"import pathlib; mark = pathlib.Path('{folder}') / id", failing)
    path = write_notebook(folder / "notebooks" / f"{id}.ipynb", *cells)
    (spec,) = notebook_jobs(path, {"id": id}, SubmitConfig(id=id, name=id, retries=2))
    return msgspec.structs.replace(spec, after=after)


def told_after_a_kill(jobs: list[JobSpec]) -> Told:
    schedule = Schedule()
    schedule.submit(*jobs, start=False)
    with subprocess.Popen(SERVER) as first:
        until(lambda: sum(job.is_done for job in schedule.jobs()) >= len(jobs) // 2, timeout_s=600)
        first.kill()
    with subprocess.Popen(SERVER) as second:
        schedule.wait(timeout_s=900)
        second.terminate()
    return told_by([event for event in schedule.record.events() if isinstance(event, JobChanged)], jobs)


def told_by(changes: list[JobChanged], jobs: list[JobSpec]) -> Told:
    waits_for = {job.id: job.after for job in jobs}
    succeeded: Counter[str] = Counter()
    failures = {}
    too_early, most, held = [], 0, {}
    for change in changes:
        if change.after == "starting" and any(not succeeded[each] for each in waits_for[change.job]):
            too_early.append(change.job)
        succeeded[change.job] += change.after == "succeeded"
        failures[change.job] = change.placement.get("failures", 0)
        held[change.job] = (
            change.placement.get("cores", []) if change.after in ("starting", "running", "stopping") else []
        )
        cores = [core for each in held.values() for core in each]
        assert len(cores) == len(set(cores))
        most = max(most, len(cores))
    return Told(dict(Counter(succeeded.values())), sum(failures.values()), too_early, most)


def row(told: Told, took_s: float) -> str:
    """A row of docs/soak.md."""
    result = (
        f"{told.succeeded.get(1, 0)} succeeded exactly once, {told.failed_attempts} tried again, "
        f"{len(told.too_early)} too early, at most {told.most_cores} cores used, {took_s:.0f} s"
    )
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"| 40 notebooks, a SIGKILL half way | 1 | {result} | {datetime.date.today()} | {machine} |"
