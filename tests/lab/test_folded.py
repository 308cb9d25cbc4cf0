"""A record folded bit by bit says what the whole record says."""

from __future__ import annotations

import time

import msgspec
import pytest

import ds_notebook as ds
from ds_notebook.errors import RecordError
from ds_notebook.lab.folded import Folded
from ds_notebook.lab.window import Window, trimmed, window_of
from ds_notebook.record.commands import Pause, Resume, send
from ds_notebook.record.events import Metrics, RunEnded
from ds_notebook.rooms import scene_of
from tests.lab.test_requests import a_run


def test_a_run_folded_as_it_grows_is_the_run_folded_at_once(runs):
    with ds.start_run(total_steps=20) as run:
        folded = Folded(run.path)
        for step in run.steps(range(20)):
            run.log(loss=1 / (step + 1))
            run.flush()
            folded.look()
    folded.look()

    assert folded.scene() == scene_of(run.record)


def test_a_look_that_finds_nothing_says_so(runs):
    folded = Folded(a_run().path)

    assert [folded.look(), folded.look()] == [True, False]


@pytest.mark.parametrize("status", ["finished", "interrupted", "stopped", "failed"])
def test_the_end_is_the_records(runs, status):
    run = ds.start_run()
    run.end(status)
    folded = Folded(run.path)
    folded.look()

    assert folded.state == run.record.state == status


def test_a_pause_is_seen_and_its_end(runs):
    with ds.start_run() as run:
        folded = Folded(run.path)
        states = []
        for command in (Pause(), Resume()):
            send(run.path, command)
            run.answer(command)
            folded.look()
            states.append((folded.state, run.record.state))

    assert states == [("paused", "paused"), ("running", "running")]


def test_a_producer_that_is_gone_is_lost_though_nothing_was_written(runs):
    with ds.start_run() as run:
        folded = Folded(run.path)
        folded.look()
        before = folded.state
        file = next(run.path.glob("events-*"))
        started = msgspec.structs.replace(run.record.started, pid=1 << 22)
        file.write_bytes(msgspec.json.encode(started) + b"\n")
        other = Folded(run.path)

        assert (before, other.look(), other.state) == ("running", True, "lost")


def test_a_record_that_is_deleted_is_no_run_any_more(runs):
    run = a_run()
    folded = Folded(run.path)
    folded.look()
    for file in run.path.glob("events-*"):
        file.unlink()

    with pytest.raises(RecordError, match="moved or deleted"):
        folded.look()


def test_writers_are_merged_by_their_clocks(runs):
    run = a_run()
    first = run.record.started
    later = msgspec.structs.replace(first, at=time.time() + 1, name="second life")
    ended = RunEnded(at=time.time() + 2, status="stopped")
    (run.path / "events-0.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, (later, ended))) + b"\n")
    folded = Folded(run.path)
    folded.look()

    assert (folded.started.name, folded.state) == ("second life", run.record.state) == ("second life", "stopped")


def test_the_end_of_a_long_record_is_enough_for_a_few_words(runs):
    with ds.start_run() as run:
        for step in run.steps(range(1000)):
            run.log(loss=1 / (step + 1))
            if step % 100 == 99:
                run.flush()
    folded = Folded(run.path, most_bytes=5000)
    folded.look()

    assert folded.started == run.record.started
    assert (folded.last_step, folded.state) == (999, "finished")


def test_a_window_keeps_the_rows_between_its_ends():
    block = Metrics(at=1.0, steps=[1, 2, 3, 4], times_us=[0, 1, 2, 3], values={"loss": [0.1, "nan", 0.3, 0.4]})

    assert trimmed(block, Window(2, 3)) == Metrics(at=1.0, steps=[2, 3], times_us=[1, 2], values={"loss": ["nan", 0.3]})
    assert trimmed(block, Window(7, None)) is None
    assert trimmed(block, Window(None, 4)) is block


def test_no_ends_are_no_window():
    assert window_of(None, None) is None
