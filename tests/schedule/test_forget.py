"""Jobs that were done long ago are forgotten, whole or not at all: no open job is lost, and nothing starts twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest

from ds_notebook.cli import main
from ds_notebook.record.files import event_files
from ds_notebook.record.lock import is_held
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.forget import forget, forgettable
from ds_notebook.schedule.home import job_folder
from tests.schedule.conftest import QUICK
from tests.schedule.jobs import shell, until

FORGET_AND_DIE = """
import os, signal, sys, time
from pathlib import Path
from ds_notebook.schedule.forget import forget

left = int(sys.argv[2])

def audit(event, arguments):
    global left
    if event in ("os.remove", "os.rmdir", "os.rename") or (event == "open" and ".new" in str(arguments[0])):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audit)
forget(Path(sys.argv[1]), older_than_s=0, now=time.time() + 1)
"""
"""SIGKILL just before the step of that number which changes the disk."""


@pytest.fixture
def queue(home, tmp_path):
    """A stopped scheduler with three jobs done in two lives of it, one that waits for one of them, and one alone.

    Beside them one that came again from the first life on, until it was cancelled in the second.
    """
    schedule = Schedule()
    schedule.start(QUICK)
    for id in ("first", "needed"):
        schedule.submit(marking(id, tmp_path))
    schedule.submit(marking("nightly", tmp_path, every="0 3 * * *"))
    schedule.wait("first", "needed", timeout_s=20)
    schedule.stop()
    schedule.start(QUICK)
    schedule.submit(marking("second", tmp_path))
    schedule.cancel("nightly")
    schedule.wait(timeout_s=20)
    schedule.cancel("second")
    schedule.stop()
    schedule.submit(marking("waiting", tmp_path, after=["needed"]), marking("alone", tmp_path), start=False)
    return schedule


def marking(id, folder, **more):
    return shell(id, f"echo {id} >> {folder}/began", cpus=0.25, **more)


def ids(home):
    return [job.id for job in Schedule(home).jobs()]


def test_what_is_done_is_forgotten_with_its_folder_and_what_is_needed_stays(queue, home):
    before = sum(path.stat().st_size for path in event_files(home))
    gone = forget(home, older_than_s=0, now=time.time() + 1)

    assert [job.id for job in gone] == ["first", "second", "nightly"]
    assert ids(home) == ["needed", "waiting", "alone"]
    assert [job_folder(home, id).exists() for id in ("first", "second", "needed")] == [False, False, True]
    assert sum(path.stat().st_size for path in event_files(home)) < before


def test_what_is_young_stays(queue, home):
    assert forgettable(home, older_than_s=3600, now=time.time()).jobs == []


def test_a_submit_that_stays_keeps_all_its_jobs(home, tmp_path):
    schedule = Schedule()
    schedule.start(QUICK)
    schedule.submit(marking("done", tmp_path), shell("open", "sleep 60", cpus=0.25))
    schedule.wait("done", timeout_s=20)

    assert forgettable(home, older_than_s=0, now=time.time() + 1).jobs == []


def test_a_kill_at_any_step_loses_no_open_job_and_starts_nothing_twice(queue, home, tmp_path):
    killed = 0
    while True:
        copy = tmp_path / f"copy-{killed}"
        shutil.copytree(home, copy)
        done = subprocess.run([sys.executable, "-c", FORGET_AND_DIE, str(copy), str(killed)])
        states = {job.id: job.state for job in Schedule(copy).jobs()}
        assert {id: states.pop(id) for id in ("needed", "waiting", "alone")} == {
            "needed": "succeeded",
            "waiting": "waiting",
            "alone": "waiting",
        }
        assert set(states.items()) <= {("first", "succeeded"), ("second", "succeeded"), ("nightly", "cancelled")}
        forget(copy, older_than_s=0, now=time.time() + 1)
        assert ids(copy) == ["needed", "waiting", "alone"]
        left = b"".join(path.read_bytes() for path in event_files(copy))
        assert (b'"first"' in left, b'"nightly"' in left) == (False, False)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1

    assert killed > 10


@pytest.mark.parametrize("steps", [1, 2, 9, 13])
def test_the_next_scheduler_starts_only_what_was_open(queue, home, tmp_path, steps):
    subprocess.run([sys.executable, "-c", FORGET_AND_DIE, str(home), str(steps)])
    schedule = Schedule()
    schedule.start(QUICK)
    schedule.wait(timeout_s=20)

    assert (tmp_path / "began").read_text().split()[3:] in (["waiting", "alone"], ["alone", "waiting"])


def test_clean_lists_the_queues_jobs_first_and_deletes_on_yes(queue, home, capsys):
    main(["clean", "--queue", "--older-than", "0"])
    listed, there = capsys.readouterr().out, ids(home)
    main(["clean", "--queue", "--older-than", "0", "--yes"])

    assert listed.splitlines()[:3] == [
        "would delete  first: succeeded",
        "would delete  second: succeeded",
        "would delete  nightly: cancelled",
    ]
    assert ("first" in there, ids(home)) == (True, ["needed", "waiting", "alone"])


def test_clean_asks_for_the_scheduler_to_be_stopped(schedule, capsys):
    assert main(["clean", "--queue", "--older-than", "0", "--yes"]) == 1
    assert "`ds schedule stop` ends it, not its jobs" in capsys.readouterr().err


@contextmanager
def being_cleaned(home):
    """A queue in the hands of `forget`, until the block is left."""
    pipe = home / "commands-pipe"  # who opens it to read waits until it is written to
    os.mkfifo(pipe)
    cleaning = threading.Thread(target=forget, args=(home,), kwargs={"older_than_s": 0, "now": time.time()})
    cleaning.start()
    until(lambda: is_held(home))
    yield
    with open(pipe, "wb"):
        pass
    with open(pipe, "wb"):
        pipe.unlink()
    cleaning.join()


def test_a_job_that_is_submitted_meanwhile_starts_the_scheduler_all_the_same(home):
    schedule = Schedule()
    with being_cleaned(schedule.folder):
        schedule.submit(shell("job", "exit 0"))

    assert [job.state for job in schedule.wait("job", timeout_s=20)] == ["succeeded"]


def test_a_start_meanwhile_waits_for_the_end_of_it(home):
    schedule, told = Schedule(), []
    with being_cleaned(schedule.folder):
        starting = threading.Thread(target=lambda: told.append(schedule.start(QUICK)))
        starting.start()
        time.sleep(0.2)
    starting.join()

    assert (told, schedule.is_running) == ([True], True)
