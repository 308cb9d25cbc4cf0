"""SIGKILL of the scheduler at any instant, with jobs running: it takes over what still runs, starts none twice."""

from __future__ import annotations

import datetime
import faulthandler
import os
import platform
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from ds_notebook.record.events import JobChanged
from ds_notebook.schedule.attempt import evidence_of
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.tree import marked
from tests.schedule.jobs import shell, until

JOBS_A_KILL = 4


class Aftermath(NamedTuple):
    """What a scheduler that was killed again and again has made of its jobs."""

    kills: int
    jobs: int
    not_succeeded: list[str]
    started_twice: list[str]
    """Jobs whose program was begun more than once."""
    promised_twice: bool
    """Whether two jobs had more than one core's worth between them, by the record."""


def test_ten_kills_lose_no_job_and_start_none_twice(home, tmp_path):
    aftermath = kill_many(tmp_path, 10, seed=0)

    assert aftermath == Aftermath(10, 10 * JOBS_A_KILL, [], [], False)


@pytest.mark.soak
def test_a_hundred_kills_lose_no_job_and_start_none_twice(home, tmp_path, capsys):
    faulthandler.cancel_dump_traceback_later()  # pytest's, for a test that hangs: this one takes minutes
    aftermath = kill_many(tmp_path, 100, seed=1)
    with capsys.disabled():
        print("\n" + row(aftermath))

    assert aftermath == Aftermath(100, 100 * JOBS_A_KILL, [], [], False)


def kill_many(folder: Path, count: int, seed: int) -> Aftermath:
    chance = random.Random(seed)
    schedule = Schedule()
    began = folder / "began"
    began.mkdir()
    for number in range(count):
        schedule.submit(*jobs_of_round(number, began, chance), start=False)
        live_and_die(chance.uniform(0.0, 1.2))
    with subprocess.Popen([sys.executable, "-m", "ds_notebook.schedule.server"]) as last:
        jobs = schedule.wait(timeout_s=120)
        last.terminate()
    return Aftermath(
        kills=count,
        jobs=len(jobs),
        not_succeeded=[f"{job.id} {job.state} {job.reason}" for job in jobs if job.state != "succeeded"],
        started_twice=[job for job, times in begun(began).items() if times > 1],
        promised_twice=most_of_a_core_at_once(schedule) > 1,
    )


def jobs_of_round(number: int, began: Path, chance: random.Random) -> list[JobSpec]:
    """Some short, some that outlive several schedulers, some that wait for others."""
    ids = [f"job-{number}-{each}" for each in range(JOBS_A_KILL)]
    return [
        shell(
            id,
            f'echo "$DS_NOTEBOOK_ATTEMPT" >> {began}/{id}; sleep {chance.choice((0.01, 0.2, 0.9)):g}',
            cpus=0.25,
            after=ids[:1] if each == 3 else [],
        )
        for each, id in enumerate(ids)
    ]


def live_and_die(life_s: float) -> None:
    with subprocess.Popen([sys.executable, "-m", "ds_notebook.schedule.server"]) as server:
        time.sleep(life_s)  # the instant itself: it may not have begun yet
        server.kill()


def begun(folder: Path) -> Counter[str]:
    """How often each job's program was begun, as it says itself."""
    return Counter(file.name for file in folder.iterdir() for _ in file.read_text().split())


def most_of_a_core_at_once(schedule: Schedule) -> float:
    """The largest sum of shares of one core that were promised at any time, by the record alone."""
    held: dict[str, list[int]] = {}
    most = 0.0
    for event in schedule.record.events():
        if isinstance(event, JobChanged):
            active = event.after in ("starting", "running", "stopping")
            held[event.job] = event.placement["cores"] if active else []
            of_each = Counter(core for cores in held.values() for core in cores)
            most = max(most, 0.25 * max(of_each.values(), default=0))
    return most


def row(aftermath: Aftermath) -> str:
    """A row of docs/soak.md."""
    lost, twice = len(aftermath.not_succeeded), len(aftermath.started_twice)
    result = f"{aftermath.jobs:,} jobs, {lost} lost, {twice} started twice"
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"| SIGKILL of the scheduler | {aftermath.kills:,} | {result} | {datetime.date.today()} | {machine} |"


def test_a_job_whose_wrapper_was_killed_leaves_no_process_and_is_started_again(schedule, tmp_path):
    mark = tmp_path / "mark"
    (id,) = schedule.submit(shell("job", f"[ -e {mark} ] && exit 0; setsid sleep 60 & touch {mark}; sleep 60"))
    folder = job_folder(schedule.folder, id)
    until(mark.exists)
    first = evidence_of(folder, 1)
    assert first is not None
    os.kill(first.started.pid, signal.SIGKILL)
    job = schedule.wait(id, timeout_s=20)[0]

    assert (job.state, job.attempt, marked(folder)) == ("succeeded", 2, [])
