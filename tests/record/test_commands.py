"""Orders reach a run between two steps, and the record says what became of each."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.errors import RecordError
from ds_notebook.record import Record, Run
from ds_notebook.record.commands import Inbox, Pause, Resume, Save, Set, Stop, send
from ds_notebook.record.events import Decision
from tests.record.python import line_of, start_python

LOOP = """
    import ds_notebook as ds
    with ds.start_run() as run:
        print(run.path, flush=True)
        for step in run.steps(iter(int, 1)):
            run.log(loss=step)
"""


def answers(run: Run | Record) -> list[tuple[str, str, str]]:
    record = run.record if isinstance(run, Run) else run
    return [(each.evidence["command"], each.verdict, each.reason) for each in record.decisions]


def until_answered(run: Run, *, within_s: float = 5.0) -> Iterator[int]:
    """Endless batches, until the record holds an answer."""
    deadline = time.perf_counter() + within_s
    while not run.record.decisions:
        assert time.perf_counter() < deadline, "no answer"
        yield 0


def wait_for_state(record: Record, state: str) -> float:
    begun = time.perf_counter()
    while record.state != state:
        assert time.perf_counter() - begun < 10, f"still {record.state}"
        time.sleep(0.002)
    return time.perf_counter() - begun


def test_a_running_process_pauses_resumes_and_stops_within_a_quarter_of_a_second_each(runs):
    with start_python(LOOP, runs) as process:
        record = Record(Path(line_of(process.stdout)))
        took = []
        for command, state in [(Pause(), "paused"), (Resume(), "running"), (Stop(), "stopped")]:
            send(record.path, command)
            took.append(wait_for_state(record, state))
        process.communicate(timeout=10)

    assert answers(record) == [("pause", "applied", ""), ("resume", "applied", ""), ("stop", "applied", "")]
    assert max(took) < 0.25


def test_a_paused_loop_takes_no_step(runs):
    with start_python(LOOP, runs) as process:
        record = Record(Path(line_of(process.stdout)))
        send(record.path, Pause())
        wait_for_state(record, "paused")
        send(record.path, Stop())
        wait_for_state(record, "stopped")
        process.communicate(timeout=10)

    paused_at, _ = (each.at for each in record.decisions)
    clocks_differ_s = 0.005  # rows are timed by a steady clock, decisions by the calendar's, which is set now and then
    assert max(record.columns()["loss"][1]) <= paused_at + clocks_differ_s


def test_stop_is_obeyed_in_a_loop_that_only_logs(runs):
    with ds.start_run() as run:
        send(run.path, Stop())
        deadline = time.perf_counter() + 5
        while not run.stopping and time.perf_counter() < deadline:
            run.log(loss=1)

    assert run.record.state == "stopped"


def test_a_stopped_run_yields_no_further_batch(runs):
    with ds.start_run() as run:
        run.ask_to_end("stopped")

        assert list(run.steps(range(5))) == []


@pytest.mark.parametrize("command", [Save(), Set(name="lr", value=0.5)])
def test_what_no_loop_polls_for_is_refused(runs, command):
    with ds.start_run() as run:
        send(run.path, command)
        for _ in run.steps(until_answered(run)):
            pass

    assert answers(run) == [(command.word, "refused", f"this loop does not take {command.word!r}")]


def test_a_loop_that_polls_gets_the_command_and_answers_it(runs):
    command = Set(name="lr", value=0.5)
    with ds.start_run() as run:
        send(run.path, command)
        for _ in run.steps(until_answered(run)):
            for asked in run.poll():
                run.answer(asked)

    assert answers(run) == [("set lr=0.5", "applied", "")]


def test_a_command_waits_while_a_loop_that_polls_is_busy_elsewhere(runs):
    with ds.start_run() as run:
        run.poll()
        send(run.path, Save())
        for _ in range(3):  # an evaluation that logs
            run._due = 0
            run.log(val_loss=1)

        assert [command.word for command in run.poll()] == ["save"]


def test_a_command_sent_during_a_pause_is_not_refused(runs):
    with start_python(LOOP + "            [run.answer(asked) for asked in run.poll()]", runs) as process:
        record = Record(Path(line_of(process.stdout)))
        send(record.path, Pause())
        wait_for_state(record, "paused")
        send(record.path, Save())
        send(record.path, Resume())
        wait_for_state(record, "running")
        while len(record.decisions) < 3:
            assert process.poll() is None
        process.kill()
        process.communicate()

    assert [answer[:2] for answer in answers(record)] == [
        ("pause", "applied"),
        ("resume", "applied"),
        ("save", "applied"),
    ]


def test_a_command_that_nobody_carried_out_is_refused_at_the_end(runs):
    with ds.start_run() as run:
        send(run.path, Save())

    assert answers(run) == [("save", "refused", "the run had ended")]


def test_a_command_of_a_newer_version_is_refused_by_its_name(runs):
    with ds.start_run() as run:
        (run.path / "commands-9.jsonl").write_text('{"command":"capture","id":"i7","at":1.0,"steps":3}\n')
        for _ in run.steps(until_answered(run)):
            pass

    (decision,) = run.record.decisions
    assert (decision.subject, decision.reason) == ("i7", "this version does not know the command")


def test_commands_from_before_the_start_are_not_obeyed(runs):
    with ds.start_run() as run:
        pass
    send(run.path, Stop())
    with Run(run.path, run.record.started) as again:
        deadline = time.perf_counter() + 0.2
        for _ in again.steps(iter(lambda: time.perf_counter() < deadline, False)):
            pass

    assert again.status == "finished"


def test_commands_come_in_the_order_in_which_they_were_sent(tmp_path):
    inbox = Inbox(tmp_path)
    sent = [Pause(), Resume(), Save(), Stop()]
    for command in sent:
        send(tmp_path, command)

    assert [command.id for command in inbox.poll()] == [command.id for command in sent]
    assert inbox.poll() == []


def test_a_command_line_still_being_written_waits(tmp_path):
    inbox = Inbox(tmp_path)
    line = '{"command":"stop","id":"i","at":1.0}\n'
    path = tmp_path / "commands-1.jsonl"
    path.write_text(line[:12])
    first = inbox.poll()
    path.write_text(line)

    assert (first, inbox.poll()) == ([], [Stop(id="i", at=1.0)])


@pytest.mark.parametrize(
    "line", [b"garbage\n", b'{"id":"\xff"}\n', b"[" * 100_000 + b"\n", b'{"command":"set"}\n', b"3\n"]
)
def test_a_garbage_command_is_passed_over(tmp_path, line):
    inbox = Inbox(tmp_path)
    (tmp_path / "commands-1.jsonl").write_bytes(line + b'{"command":"stop","id":"i","at":1.0}\n')

    assert inbox.poll() == [Stop(id="i", at=1.0)]


def test_a_folder_that_went_away_has_no_commands(tmp_path):
    inbox = Inbox(tmp_path / "gone")

    assert inbox.poll() == []


def test_a_command_file_that_cannot_be_read_is_passed_over(tmp_path):
    inbox = Inbox(tmp_path)
    (tmp_path / "commands-1.jsonl").mkdir()

    assert inbox.poll() == []


def test_a_command_that_cannot_be_written_is_said_in_a_sentence(tmp_path):
    with pytest.raises(RecordError, match=r"The command stop could not be written to .*: No such file"):
        send(tmp_path / "gone", Stop())


def test_an_answer_names_the_command_that_it_answers(runs):
    command = Stop()
    with ds.start_run() as run:
        run.answer(command)

    assert [each.subject for each in run.record.events() if isinstance(each, Decision)] == [command.id]


def test_an_interrupt_ends_a_run_that_is_paused(runs):
    with start_python(LOOP, runs) as process:
        record = Record(Path(line_of(process.stdout)))
        send(record.path, Pause())
        wait_for_state(record, "paused")
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)

    assert record.state == "interrupted"
