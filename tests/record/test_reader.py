"""Any record opens: live, of several writers, damaged, of a stranger."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import msgspec
import pytest

import ds_notebook as ds
from ds_notebook.errors import RecordError
from ds_notebook.record import Record, open_run
from ds_notebook.record.events import Event, Metrics, Note, RunEnded, RunStarted
from ds_notebook.record.journal import Journal, write_apart


def note(at: float, text: str) -> Note:
    return Note(at=at, level="info", text=text)


def started(at: float, name: str = "x") -> RunStarted:
    return RunStarted(at=at, kind="loop", name=name, host="elsewhere", boot_id="b", pid=1, process_started=0.0)


def record_of(folder: Path, **writers: list[Event]) -> Record:
    folder.mkdir(exist_ok=True)
    for writer, events in writers.items():
        write_apart(folder, events, writer)
    return Record(folder)


def texts(record: Record) -> str:
    return "".join(event.text for event in record.notes)


def test_writers_are_merged_by_time(tmp_path):
    record = record_of(tmp_path, one=[note(1, "a"), note(3, "c")], two=[note(2, "b"), note(4, "d")])

    assert texts(record) == "abcd"


def test_a_writers_own_order_holds_when_its_clock_is_set_back(tmp_path):
    record = record_of(tmp_path, one=[note(5, "a"), note(1, "b"), note(6, "d")], two=[note(5.5, "c")])

    assert texts(record) == "abcd"


def test_a_skewed_clock_of_another_writer_does_not_change_the_state(tmp_path):
    record = record_of(
        tmp_path,
        producer=[started(1000), RunEnded(at=1001, status="stopped")],
        ahead=[note(9000, "from the future")],
        behind=[note(1, "from the past")],
    )

    assert (record.state, record.started.at) == ("stopped", 1000)


def test_the_last_producer_of_a_run_tells_its_state(tmp_path):
    record = record_of(
        tmp_path, a=[started(5, "second")], b=[started(1, "first"), RunEnded(at=2, status="interrupted")]
    )

    assert (record.state, record.started.name) == ("running", "second")


def test_a_run_that_waits_for_a_producer_is_queued(tmp_path):
    assert record_of(tmp_path, scheduler=[note(1, "placed")]).state == "queued"


def test_empty_files_are_no_hindrance(tmp_path):
    (tmp_path / "events-0-aa.jsonl").touch()
    record = record_of(tmp_path, z=[started(1), RunEnded(at=2, status="finished")])
    (tmp_path / "commands-1.jsonl").touch()

    assert (record.state, len(list(record.events()))) == ("finished", 2)


def test_links_and_pipes_of_a_stranger_are_not_read(tmp_path):
    record = record_of(tmp_path / "run", a=[note(1, "a")])
    (tmp_path / "secret").write_bytes(b'{"event":"note","at":1.0,"level":"info","text":"secret"}\n')
    (record.path / "events-link.jsonl").symlink_to(tmp_path / "secret")
    os.mkfifo(record.path / "events-pipe.jsonl")
    (record.path / "events-folder.jsonl").mkdir()

    assert texts(record) == "a"


def test_values_of_a_name_stay_in_step_order_when_others_come_in_some_steps_only(runs):
    with ds.start_run() as run:
        for step in run.steps(range(60)):
            run.log(loss=step)
            if step % 7 == 0:
                run.log(norm=step)
            if step % 20 == 0:
                run._flush()

    columns = run.record.columns()
    assert columns["loss"][0] == columns["loss"][2] == list(range(60))
    assert columns["norm"][0] == columns["norm"][2] == list(range(0, 60, 7))


def test_tail_gives_each_event_once_while_a_writer_writes(tmp_path):
    journal = Journal(tmp_path)
    journal.write([note(0, "0")])

    def write() -> None:
        for start in range(1, 2001, 10):
            journal.write([note(number, str(number)) for number in range(start, start + 10)])

    writer = threading.Thread(target=write)
    writer.start()
    seen, position, last_look = [], None, False
    while not last_look:
        last_look = not writer.is_alive()
        events, position = Record(tmp_path).tail(position)
        seen.extend(event.text for event in events)
    journal.close()

    assert seen == [str(number) for number in range(2001)]


def test_tail_waits_for_the_end_of_a_line(tmp_path):
    line = b'{"event":"note","at":1.0,"level":"info","text":"a"}\n'
    path = tmp_path / "events-1-aa.jsonl"
    path.write_bytes(line + line[:9])
    first, position = Record(tmp_path).tail()
    path.write_bytes(line + line)
    second, _ = Record(tmp_path).tail(position)

    assert (len(first), len(second)) == (1, 1)


def test_runs_are_newest_first_and_pass_over_what_is_no_run(runs):
    runs.mkdir()
    for at, name in enumerate(["old", "new"]):
        record_of(runs / name, a=[started(at, name)])
    for garbage in ("empty", "binary", "pictures"):
        (runs / garbage).mkdir()
    (runs / "binary/events-1-aa.jsonl").write_bytes(os.urandom(5000))
    (runs / "pictures/cat.png").touch()
    (runs / "events-1-aa.jsonl").write_text("a file where folders lie")

    assert [record.id for record in ds.runs()] == ["new", "old"]


def test_a_runs_folder_that_is_not_there_has_no_runs(runs):
    assert ds.runs() == []


def test_a_run_opens_by_its_id_and_by_its_folder(runs):
    with ds.start_run() as run:
        pass

    assert open_run(run.id).path == open_run(run.path).path == run.path


def test_a_run_that_is_not_there_is_answered_with_the_newest(runs):
    with ds.start_run() as run:
        pass

    with pytest.raises(RecordError, match=f"There is no run 'nope' here or in .*The newest are {run.id}\\."):
        open_run("nope")


def test_a_metric_that_is_not_there_is_answered_with_those_that_are(runs):
    with ds.start_run() as run:
        run.log(loss=1, accuracy=2)

    with pytest.raises(ds.UsageError, match="has no metric 'los'; it has accuracy, loss"):
        run.frame("los")


def test_a_frame_has_step_time_and_value(runs):
    begun = time.time()
    with ds.start_run() as run:
        for step in run.steps(range(2)):
            run.log(loss=step / 2)
        frame = run.frame("loss")

    assert frame[["step", "loss"]].to_dict("list") == {"step": [0, 1], "loss": [0.0, 0.5]}
    assert frame["time"].between(begun - 0.01, time.time() + 0.01).all()


def test_a_gate_is_checked_on_what_has_been_logged_so_far_and_recorded(runs):
    with ds.start_run() as run:
        run.log(accuracy=0.5)
        with pytest.raises(ds.GateFailed, match=rf"Gate failed: .*0\.5.* \(run {run.id}\)"):
            run.gate("accuracy > 0.9", "accuracy > 0.1")

    assert [(each.subject, each.verdict) for each in run.record.decisions] == [
        ("accuracy > 0.9", "failed"),
        ("accuracy > 0.1", "passed"),
    ]


def test_a_gate_leaves_no_file_open(runs):
    with ds.start_run() as run:
        run.log(accuracy=0.5)
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        run.gate("accuracy > 0")

    assert os.listdir("/proc/self/fd") == before


def test_a_deleted_record_can_still_be_asked(tmp_path):
    record = Record(tmp_path / "gone")

    assert (record.state, list(record.events()), record.tail(), record.silent_s) == ("queued", [], ([], {}), 0.0)


def test_silence_is_the_time_since_the_record_grew(tmp_path):
    record = record_of(tmp_path, a=[note(1, "a")])
    os.utime(tmp_path / "events-a.jsonl", (0, time.time() - 40))

    assert record.silent_s == pytest.approx(40, abs=1)


@pytest.mark.parametrize("bad", [b"x" * 10_000, b""])
def test_a_file_without_an_end_of_line_has_no_first_event(tmp_path, bad):
    (tmp_path / "events-1-aa.jsonl").write_bytes(bad)

    assert Record(tmp_path).started is None


def test_times_of_rows_are_unix_seconds_of_the_writer():
    block = Metrics(at=100.0, steps=[0, 1], times_us=[0, 250_000], values={"loss": [1.0, 2.0]})

    assert block.times() == [100.0, 100.25]


def test_the_tail_of_two_producers_comes_in_the_order_of_their_clocks(tmp_path):
    for name, at in (("a", 2.0), ("b", 1.0)):
        event = Note(at=at, level="info", text=name)
        (tmp_path / f"events-{name}.jsonl").write_bytes(msgspec.json.encode(event) + b"\n")

    events, _ = Record(tmp_path).tail()

    assert [event.text for event in events] == ["b", "a"]
