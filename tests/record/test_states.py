"""The state of a run in one word, however its process ended."""

from __future__ import annotations

import os
import signal

import pytest

import ds_notebook as ds
from ds_notebook.errors import RecordError
from ds_notebook.record import Record, Run
from ds_notebook.record.events import RunEnded, RunStarted
from ds_notebook.record.journal import write_apart
from ds_notebook.record.lock import hold_lock, is_held
from ds_notebook.record.state import this_boot
from tests.record.python import line_of, run_python, start_python

START = "import ds_notebook as ds; run = ds.start_run(); print(run.path, flush=True)\n"


def test_a_run_is_running_until_it_ends(runs):
    with ds.start_run() as run:
        assert run.record.state == "running"

    assert run.record.state == "finished"


def test_an_error_in_the_block_is_the_runs(runs):
    with pytest.raises(ValueError), ds.start_run() as run:
        raise ValueError("no good")

    assert (run.record.state, run.record.ended.error) == ("failed", "ValueError: no good")


def test_an_interrupt_in_the_block_is_no_failure(runs):
    with pytest.raises(KeyboardInterrupt), ds.start_run() as run:
        raise KeyboardInterrupt

    assert (run.record.state, run.record.ended.error) == ("interrupted", "")


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (None, "finished"), (3, "failed")])
def test_leaving_the_block_by_exit_counts_by_its_code(runs, code, state):
    with pytest.raises(SystemExit), ds.start_run() as run:
        raise SystemExit(code)

    assert run.record.state == state


def test_the_first_end_holds(runs):
    run = ds.start_run()
    run.end("failed", "first")
    run.end("finished")

    assert (run.record.state, run.record.ended.error) == ("failed", "first")


def test_asking_to_end_ends_after_the_step_with_that_status(runs):
    with ds.start_run() as run:
        for step in run.steps(range(9)):
            run.log(loss=step)
            if step == 1:
                run.ask_to_end("interrupted")
                run._due = 0

    assert run.record.state == "interrupted"
    assert run.record.columns()["loss"][0] == [0, 1]


@pytest.mark.parametrize(
    ("last_line", "state", "error"),
    [
        ("", "finished", ""),
        ("raise ValueError('no good')", "failed", "ValueError: no good"),
        ("raise KeyboardInterrupt", "interrupted", ""),
        ("import sys; sys.exit(0)", "finished", ""),
    ],
)
def test_a_process_that_exits_without_an_end_still_records_one(runs, last_line, state, error):
    run_python(f"{START}run.log(loss=1)\n{last_line}", runs)

    (record,) = ds.runs()
    assert (record.state, record.ended.error) == (state, error)
    assert record.columns()["loss"][2] == [1.0]


def test_a_killed_process_leaves_a_lost_run(runs):
    with start_python(START + "input()", runs) as process:
        record = Record(type(runs)(line_of(process.stdout)))
        while_alive = record.state
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        as_zombie = record.state

    assert (while_alive, as_zombie, record.state) == ("running", "lost", "lost")


@pytest.mark.parametrize("num_interrupts", [1, 2, 3])
def test_interrupts_at_any_instant_still_end_the_record(runs, num_interrupts):
    code = """
        import ds_notebook as ds
        with ds.start_run() as run:
            print(run.path, flush=True)
            for _ in run.steps(iter(int, 1)):
                run.log(loss=1)
    """
    with start_python(code, runs) as process:
        record = Record(type(runs)(line_of(process.stdout)))
        for _ in range(num_interrupts):
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert record.state == "interrupted"


def test_a_second_producer_of_a_run_is_refused(runs):
    with ds.start_run() as run, pytest.raises(RecordError, match=f"Run {run.id} is being written by another process"):
        Run(run.path, run.record.started)

    assert run.record.state == "finished"


def test_a_run_that_has_ended_can_have_a_next_producer(runs):
    with ds.start_run() as run:
        pass
    with Run(run.path, RunStarted(**{name: getattr(run.record.started, name) for name in SAME})) as again:
        state_between = again.record.state

    assert (state_between, again.record.state) == ("running", "finished")


SAME = ("kind", "name", "host", "boot_id", "pid", "process_started")


def changed(run: Run, **changes: object) -> RunStarted:
    started = run.record.started
    return RunStarted(**{name: getattr(started, name) for name in SAME} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "running"),
        ({"process_started": 5.0}, "lost"),
        ({"pid": 1 << 22}, "lost"),
        ({"boot_id": "another boot"}, "lost"),
        ({"host": "elsewhere", "boot_id": "another boot"}, "running"),
    ],
)
def test_lost_means_that_the_process_is_gone_where_it_can_be_seen(tmp_path, runs, changes, state):
    with ds.start_run() as run:
        write_apart(tmp_path, [changed(run, **changes)])

    assert Record(tmp_path).state == state


def test_a_run_of_another_container_of_this_machine_lives_while_its_lock_is_held(tmp_path, runs):
    with ds.start_run() as run:
        write_apart(tmp_path, [changed(run, boot_id="the same boot, other process numbers")])
    held = hold_lock(tmp_path)
    with_lock = Record(tmp_path).state
    os.close(held)

    assert (with_lock, Record(tmp_path).state) == ("running", "lost")


def test_a_run_lives_on_though_the_clock_was_set_and_with_it_the_start_of_its_process(tmp_path, runs):
    with ds.start_run() as run:
        write_apart(tmp_path, [changed(run, process_started=5.0)])
    held = hold_lock(tmp_path)
    with_lock = Record(tmp_path).state
    os.close(held)

    assert (with_lock, Record(tmp_path).state) == ("running", "lost")


def test_a_look_at_a_lock_does_not_take_it(tmp_path):
    assert not is_held(tmp_path)
    held = hold_lock(tmp_path)
    seen = [is_held(tmp_path), is_held(tmp_path)]
    os.close(held)

    assert (seen, is_held(tmp_path)) == ([True, True], False)


def test_the_boots_name_tells_containers_apart():
    if not os.path.exists("/proc/self/ns/pid"):
        pytest.skip("reads /proc")
    in_first_space = os.readlink("/proc/self/ns/pid") == "pid:[4026531836]"

    assert this_boot().count("-") == (4 if in_first_space else 5)


def test_an_end_written_between_two_looks_is_seen(tmp_path, runs):
    with ds.start_run() as run:
        write_apart(tmp_path, [changed(run, pid=1 << 22), RunEnded(status="stopped")])

    assert Record(tmp_path).state == "stopped"
