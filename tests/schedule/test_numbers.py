"""What was measured is kept for a while: a scheduler that never restarts grows neither on the disk nor in memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from ds_notebook.record import Record
from ds_notebook.record.events import JobChanged, RunStarted, Usage
from ds_notebook.record.files import event_files
from ds_notebook.schedule import numbers
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.fold import queue_from
from ds_notebook.schedule.home import open_home
from ds_notebook.schedule.numbers import Numbers, forget_old, latest, without_numbers
from ds_notebook.schedule.state import Machine
from tests.schedule.conftest import QUICK
from tests.schedule.core.world import World, spec
from tests.schedule.jobs import shell, until

KEPT_BYTES = 40_000
HASTY = f"""
import sys
from ds_notebook.schedule import numbers, observer, server

numbers.KEPT_BYTES = {KEPT_BYTES}
observer.SAMPLE_S = server.LOOK_S = 0.001
sys.exit(server.main([]))
"""
"""A scheduler that measures as much in a second as another in hours, and keeps little of it."""


def usage(**more):
    return Usage(device="machine", values={"cpu_busy_pct": 12.5}, **more)


def size(home):
    total = 0
    for path in event_files(home):
        with contextlib.suppress(FileNotFoundError):  # old ones are deleted meanwhile
            total += path.stat().st_size
    return total


@pytest.fixture
def hasty(home):
    schedule = Schedule()
    with subprocess.Popen([sys.executable, "-c", HASTY], stderr=subprocess.DEVNULL) as process:
        until(lambda: schedule.record.started)
        yield psutil.Process(process.pid)
        process.kill()


def test_a_scheduler_that_goes_on_forgets_what_it_measured_first_and_no_job(hasty, home):
    schedule = Schedule()
    schedule.submit(shell("done", "exit 0", cpus=0.1), shell("long", "sleep 60", cpus=0.1), start=False)
    schedule.wait("done", timeout_s=20)
    began_at = time.time()
    until(lambda: size(home) > KEPT_BYTES / 2)
    before_bytes = hasty.memory_info().rss
    first_at = min(event.at for event in Record(home).events() if isinstance(event, Usage))
    until(lambda: min((e.at for e in Record(home).events() if isinstance(e, Usage)), default=0) > began_at + 3, 30)

    assert first_at < began_at + 3
    assert size(home) < 1.5 * KEPT_BYTES
    assert hasty.memory_info().rss < before_bytes + (4 << 20)
    assert [(job.id, job.state) for job in Schedule().jobs()] == [("done", "succeeded"), ("long", "running")]


def test_killed_while_it_forgets_it_loses_no_job(hasty, home):
    schedule = Schedule()
    schedule.submit(shell("done", "exit 0", cpus=0.1), shell("long", "sleep 60", cpus=0.1), start=False)
    schedule.wait("done", timeout_s=20)
    until(lambda: size(home) > KEPT_BYTES)
    hasty.send_signal(signal.SIGKILL)
    hasty.wait()
    changes = [event for event in Record(home).events() if isinstance(event, JobChanged) and event.job == "done"]
    schedule.start(QUICK)

    assert [event.after for event in changes] == ["waiting", "starting", "running", "succeeded"]
    assert [(job.id, job.state) for job in Schedule().jobs()] == [("done", "succeeded"), ("long", "running")]


def test_numbers_of_last_week_and_the_oldest_beyond_what_is_kept_are_deleted(home, monkeypatch):
    open_home()
    written = []
    for age_s in (numbers.KEPT_S + 60, 300, 200, 100):
        page = Numbers(home)
        page.add([usage(at=age_s)])
        page.close()
        (path,) = set(event_files(home)) - set(written)
        os.utime(path, (0, time.time() - age_s))
        written.append(path)
    forget_old(home, time.time())
    of_this_week = [path.exists() for path in written]
    monkeypatch.setattr(numbers, "KEPT_BYTES", 2 * written[-1].stat().st_size)
    forget_old(home, time.time())

    assert of_this_week == [False, True, True, True]
    assert [path.exists() for path in written] == [False, False, True, True]


def test_of_a_life_long_ago_the_last_number_stays(home):
    open_home()
    page = Numbers(home)
    page.add([usage(at=1.0), usage(at=2.0)])
    page.close()
    (path,) = event_files(home)
    os.utime(path, (0, time.time() - numbers.KEPT_S - 60))
    forget_old(home, time.time())

    assert [event.at for event in Record(home).events()] == [2.0]


def test_a_scheduler_that_comes_back_counts_the_time_that_jobs_ran_before_it_as_the_numbers_tell():
    world = World()
    world.run(spec("train"))
    ran_until = world.now_s + 3600
    numbers_ = [usage(at=at) for at in (world.now_s + 5, ran_until)]
    started = RunStarted(at=ran_until + 60, kind="schedule", name="", host="", boot_id="", pid=1, process_started=0.0)
    events = list(without_numbers([*world.record, *numbers_, started, usage(at=ran_until + 65)]))
    queue = queue_from(events, Machine(cores=(0, 1), memory_bytes=0))

    assert round(queue.jobs["train"].ran_s(started.at)) == 3600
    assert [event.at for event in events if isinstance(event, Usage)] == [ran_until, ran_until + 65]


def test_files_with_anything_else_stay_however_old_they_are(home, schedule):
    schedule.submit(shell("job", "exit 0"))
    schedule.wait(timeout_s=20)
    schedule.stop()
    forget_old(home, time.time() + 10 * numbers.KEPT_S)

    assert [(job.id, job.state) for job in Schedule().jobs()] == [("job", "succeeded")]


def test_who_asks_how_things_stand_reads_only_what_was_measured_last(home):
    open_home()
    page = Numbers(home)
    for progress in range(1000):
        page.add([usage(at=float(progress))] * 3)
    page.close()
    events, _ = Record(home).tail(latest(home))

    assert (200 < len(events) < 1500, events[-1].at) == (True, 999.0)
