"""What is changed of a job while it runs reaches all its threads, and its trainings."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.record.commands import Inbox, Set
from ds_notebook.schedule import levers
from ds_notebook.schedule.tree import descendants, threads

CORES = sorted(os.sched_getaffinity(0))
THREE_THREADS = """
import threading, time
for _ in range(2):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def tree() -> Iterator[int]:
    """A process with a child of three threads below it."""
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {THREE_THREADS!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process.pid
        for pid in [*descendants(process.pid), process.pid]:
            os.kill(pid, 9)


def threads_below(pid: int) -> list[int]:
    return [thread for process in descendants(pid) for thread in threads(process)]


def test_all_threads_move_to_the_cores(tree):
    refused = levers.set_cores(tree, CORES[-1:])

    assert (refused, [os.sched_getaffinity(thread) for thread in threads_below(tree)]) == ("", [{CORES[-1]}] * 3)


def test_a_core_that_is_not_there_is_said(tree):
    assert levers.set_cores(tree, [4000]) == "cores 4000 could not be assigned: Invalid argument"


def test_all_threads_become_weaker(tree):
    weak = os.nice(0) + 5
    refused = levers.set_nice(tree, weak)

    assert (refused, {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads_below(tree)}) == ("", {weak})


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this kernel does not weigh sessions")
def test_a_jobs_session_becomes_weaker_and_the_callers_does_not():
    own = Path("/proc/self/autogroup").read_text()
    with (
        subprocess.Popen(["sleep", "60"], start_new_session=True) as alone,
        subprocess.Popen(["sleep", "60"]) as beside,
    ):
        levers.set_sessions_nice([alone.pid, beside.pid], 10)
        said = Path(f"/proc/{alone.pid}/autogroup").read_text()
        alone.kill()
        beside.kill()

    assert said.endswith(" nice 10\n")
    assert Path("/proc/self/autogroup").read_text() == own


@pytest.mark.skipif(os.geteuid() == 0, reason="root may make a process stronger")
def test_a_user_who_may_not_make_it_stronger_is_told(tree):
    levers.set_nice(tree, 10)

    assert levers.set_nice(tree, 0) == "what was made weaker stays so: this user may not make a process stronger"


def test_threads_are_set_by_a_command_to_the_runs_that_are_not_over(runs):
    over = ds.start_run()
    over.end()
    with ds.start_run() as run:
        inbox = Inbox(run.path)
        asked = levers.set_threads([over.record, run.record], 2)
        (command,) = inbox.poll()

    assert (asked, isinstance(command, Set) and (command.name, command.value)) == (1, ("threads", 2))
