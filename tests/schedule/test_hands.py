"""What the core wants done, done to a job that runs: its cores, its pause, its end, its trainings' commands."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ds_notebook.record import Record
from ds_notebook.record.events import Decision
from ds_notebook.record.journal import write_apart
from ds_notebook.record.lock import hold_lock
from ds_notebook.schedule import hands
from ds_notebook.schedule.attempt import PROGRAM, Outcome
from ds_notebook.schedule.attempts import Attempts
from ds_notebook.schedule.events import (
    Adopted,
    AnyFact,
    ChildSeen,
    End,
    Exited,
    Pause,
    Preempt,
    Resize,
    Resume,
    Start,
    Started,
)
from ds_notebook.schedule.hands import Hands
from ds_notebook.schedule.home import job_folder, open_home
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.observer import Observer
from ds_notebook.schedule.producer import started_now
from ds_notebook.schedule.state import Machine, Placement, Queue
from ds_notebook.schedule.tree import descendants, threads
from tests.schedule.jobs import python, run, shell

CORES = sorted(os.sched_getaffinity(0))
TRAINING = """
import time
import ds_notebook as ds
with ds.start_run("net", kind="train", total_steps=2000) as run:
    for step in run.steps(range(2000)):
        time.sleep(0.01)
        for command in run.poll():
            run.answer(command)
"""


class Desk:
    """The scheduler's hands without its head."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.attempts = Attempts(home, "queue", grace_s=0.3)
        self.observer = Observer(self.attempts)
        self.hands = Hands(self.attempts, self.observer)
        self.facts: list[AnyFact] = []

    def start(self, spec: JobSpec) -> int:
        """Start it, and wait until it has begun; its wrapper."""
        self.hands.do(Start(spec=spec, attempt=1, placement=Placement(cores=tuple(CORES[:1]))))
        self.until(Started)
        (live,) = self.attempts
        assert live.pid is not None
        return live.pid

    def until(self, kind: type[AnyFact]) -> AnyFact:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            seen, _ = self.observer.look(Queue(machine=Machine(cores=(), memory_bytes=0)))
            self.facts += [*self.attempts.poll(), *seen]
            self.hands.go_on()
            for fact in self.facts:
                if isinstance(fact, kind):
                    return fact
            time.sleep(0.01)
        raise AssertionError(f"no {kind.__name__}")


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    desk = Desk(open_home())
    yield desk
    for live in desk.attempts:
        desk.hands.do(End(job=live.job, attempt=live.number, reason=""))
        desk.until(Exited)


def test_a_job_is_moved_to_other_cores_and_made_weaker(desk):
    wrapper = desk.start(shell("job", "sleep 60 & sleep 60"))
    weak = os.nice(0) + 4
    desk.hands.do(Resize(job="job", attempt=1, placement=Placement(cores=tuple(CORES[-1:]), nice=weak)))
    below = [thread for pid in descendants(wrapper) for thread in threads(pid)]

    assert {(*os.sched_getaffinity(thread), os.getpriority(os.PRIO_PROCESS, thread)) for thread in below} == {
        (CORES[-1], weak)
    }


def test_what_the_machine_does_not_let_us_is_said_once(desk):
    desk.start(shell("job", "sleep 60"))
    said = [desk.hands.do(Resize(job="job", attempt=1, placement=Placement(cores=(core,)))) for core in (4000, 4001)]

    assert [[each.reason for each in decisions] for decisions in said] == [
        ["cores 4000 could not be assigned: Invalid argument"],
        [],
    ]


def test_a_job_is_stopped_where_it_is_and_goes_on(desk):
    desk.start(shell("job", "for i in 1 2 3 4 5 6; do sleep 0.1; done"))
    desk.hands.do(Pause(job="job", attempt=1))
    folder = job_folder(desk.home, "job")
    until_state(folder, "paused")
    desk.hands.do(Resume(job="job", attempt=1, placement=Placement(cores=tuple(CORES[:1]))))

    assert desk.until(Exited) == Exited(job="job", attempt=1, status="succeeded")


def until_state(folder: Path, state: str) -> None:
    deadline = time.monotonic() + 20
    while Record(folder).state != state:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_training_is_paused_between_its_steps_and_not_stopped_where_it_is(desk):
    wrapper = desk.start(python("job", TRAINING))
    desk.until(ChildSeen)
    (child,) = desk.observer.children("job")
    desk.hands.do(Pause(job="job", attempt=1))
    until_state(child.path, "paused")
    program = descendants(wrapper)[0]

    assert (Record(job_folder(desk.home, "job")).state, process_state(program)) == ("running", "S")
    desk.hands.do(Resume(job="job", attempt=1, placement=Placement(cores=tuple(CORES[:1]))))
    until_state(child.path, "running")


def test_a_training_whose_step_does_not_end_is_stopped_where_it_is(desk, monkeypatch):
    monkeypatch.setattr(hands, "PAUSE_S", 0.2)
    wrapper = desk.start(python("job", TRAINING.replace("0.01", "60")))
    desk.until(ChildSeen)
    desk.hands.do(Pause(job="job", attempt=1))
    time.sleep(0.3)
    desk.hands.go_on()
    until_state(job_folder(desk.home, "job"), "paused")

    assert process_state(descendants(wrapper)[0]) == "T"


def process_state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_training_that_has_to_give_way_is_asked_to_save_and_stop(desk):
    desk.start(python("job", TRAINING))
    desk.until(ChildSeen)
    (child,) = desk.observer.children("job")
    desk.hands.do(Preempt(job="job", attempt=1))
    exited = desk.until(Exited)
    answered = [event.evidence["command"] for event in child.decisions if event.policy == "command"]

    assert (answered, child.state) == (["save", "stop"], "stopped")
    assert isinstance(exited, Exited) and (exited.status == "stopped" or exited.is_cut_short)


def test_a_program_that_has_to_give_way_does_not_go_on_behind_its_training(desk, tmp_path):
    desk.start(python("job", f"{TRAINING}\ntime.sleep(5)\nopen({str(tmp_path / 'published')!r}, 'w')"))
    desk.until(ChildSeen)
    desk.hands.do(Preempt(job="job", attempt=1))

    assert desk.until(Exited) == Exited(job="job", attempt=1, status="stopped")
    assert not (tmp_path / "published").exists()


def test_a_scheduler_that_has_just_come_asks_to_save_too(desk):
    desk.start(python("job", TRAINING))
    desk.until(ChildSeen)
    (child,) = desk.observer.children("job")
    after = Desk(desk.home)
    after.attempts.adopt("job", 1)
    after.hands.do(Preempt(job="job", attempt=1))
    after.until(Exited)

    assert [event.evidence["command"] for event in child.decisions if event.policy == "command"] == ["save", "stop"]


def test_its_threads_are_set_by_a_command(desk):
    desk.start(python("job", TRAINING))
    desk.until(ChildSeen)
    (child,) = desk.observer.children("job")
    desk.hands.do(Resize(job="job", attempt=1, placement=Placement(cores=tuple(CORES[:1]), threads=2)))
    deadline = time.monotonic() + 10
    while not child.decisions and time.monotonic() < deadline:
        time.sleep(0.01)

    assert [(event.verdict, event.evidence["command"]) for event in child.decisions] == [("applied", "set threads=2")]


def test_another_scheduler_takes_the_job_over(desk):
    go = desk.home / "go"
    desk.start(shell("job", f"until [ -e {go} ]; do sleep 0.02; done"))
    after = Desk(desk.home)
    adopted = after.attempts.adopt("job", 1)
    go.touch()

    assert (adopted, after.until(Exited)) == (
        Adopted(job="job", attempt=1),
        Exited(job="job", attempt=1, status="succeeded"),
    )


def test_an_attempt_that_was_decided_and_never_begun_can_never_begin(desk, tmp_path):
    buried = desk.attempts.adopt("job", 1)
    found = run(job_folder(desk.home, "job"), shell("job", f"touch {tmp_path}/began"))

    assert buried == Exited(job="job", attempt=1, status="never_started")
    assert (found, (tmp_path / "began").exists()) == (Outcome("lost", "it was never begun"), False)


def test_a_look_in_the_moment_of_its_burial_makes_no_failure_of_it(desk):
    folder = job_folder(desk.home, "job")
    folder.mkdir(parents=True)
    lock = hold_lock(folder)
    assert desk.attempts.adopt("job", 1) is None
    os.close(lock)

    assert desk.until(Exited) == Exited(job="job", attempt=1, status="never_started")


def test_a_process_that_has_the_wrappers_number_in_another_container_is_left_alone(desk):
    folder = job_folder(desk.home, "job")
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lock = foreign_attempt(folder, stranger.pid)
        desk.attempts.adopt("job", 1)
        desk.hands.do(Resize(job="job", attempt=1, placement=Placement(cores=(), nice=19)))
        desk.hands.do(End(job="job", attempt=1, reason=""))
        time.sleep(0.1)
        seen = stranger.poll()
        stranger.kill()
    os.close(lock)
    desk.until(Exited)

    assert seen is None


def foreign_attempt(folder: Path, pid: int) -> int:
    """The record of an attempt at work whose wrapper has this number elsewhere; its lock."""
    folder.mkdir(parents=True)
    lock = hold_lock(folder)
    assert lock is not None
    started = started_now(folder, not_before=time.time(), kind="job", name="job", config={"attempt": 1})
    program = Decision(policy=PROGRAM, subject="job", verdict="started", evidence={})
    write_apart(folder, [msgspec.structs.replace(started, pid=pid), program])
    return lock
