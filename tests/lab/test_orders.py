"""What a button shows: asked, applied, or refused with the reason."""

from __future__ import annotations

import os

import pytest

import ds_notebook as ds
from ds_notebook.errors import UsageError
from ds_notebook.lab.folded import Folded
from ds_notebook.lab.messages import Order, Sent
from ds_notebook.lab.orders import SHOWN, Orders, Refused, command_of, give
from ds_notebook.record.commands import Cancel, Pause, Save, Set, Stop, Submit, send, send_all


def sent(run):
    """The commands of a run as a message has them."""
    folded, orders = Folded(run.path), Orders(run.path)
    folded.look()
    orders.look()
    return orders.sent(folded.answers, folded.started, folded.state)


def test_a_command_without_an_answer_is_asked(runs):
    with ds.start_run() as run:
        command = Pause()
        send(run.path, command)

        assert sent(run) == [Sent(id=command.id, word="pause", verdict="asked", reason="")]


def test_a_refusal_has_its_reason(runs):
    with ds.start_run() as run:
        command = Set(name="lr", value=0.5)
        send(run.path, command)
        run.answer(command, refused="it has no lr")

        assert sent(run) == [Sent(id=command.id, word="set lr=0.5", verdict="refused", reason="it has no lr")]


def test_words_of_a_stranger_are_clean(runs):
    with ds.start_run() as run:
        command = Set(name="l\x1b[31mr", value=1)
        send(run.path, command)
        run.answer(command, refused="n\x00o")

        assert [(each.word, each.reason) for each in sent(run)] == [("set lr=1", "no")]


def test_what_nobody_will_answer_any_more_is_left_out(runs):
    with ds.start_run() as run:
        before = Stop(at=run.record.started.at - 1)
        send(run.path, before)

        assert sent(run) == []


def test_what_a_killed_run_left_unanswered_is_not_asked_for_ever(runs):
    with ds.start_run() as run:
        send(run.path, Stop())
        orders = Orders(run.path)
        orders.look()

        assert orders.sent({}, run.record.started, "lost") == []


def test_the_newest_are_shown_oldest_first(runs):
    with ds.start_run() as run:
        for number in range(SHOWN + 5):
            send(run.path, Set(name="lr", value=number))

        assert [each.word for each in sent(run)] == [f"set lr={number}" for number in range(5, SHOWN + 5)]


def test_several_commands_in_one_file_are_told_and_a_submit_is_not(runs):
    with ds.start_run() as run:
        send_all(run.path, [Submit(job={"id": "fit"}), Cancel(job="fit"), Cancel(job="report")])

        assert [each.word for each in sent(run)] == ["cancel fit", "cancel report"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 5000, b'{"command":"explode","id":"1"}\n', b" " * 10_000])
def test_a_file_that_holds_no_command_is_passed_over(runs, content):
    with ds.start_run() as run:
        (run.path / "commands-stranger.jsonl").write_bytes(content)
        send(run.path, Save())

        assert [each.word for each in sent(run)] == ["save"]


def test_a_link_in_a_strangers_record_is_not_opened(runs, tmp_path):
    with ds.start_run() as run:
        send(run.path, Save())
        real = next(run.path.glob("commands-*")).rename(tmp_path / "elsewhere")
        os.symlink(real, run.path / "commands-link.jsonl")

        assert sent(run) == []


def test_a_run_that_is_over_takes_no_command(runs):
    run = ds.start_run()
    run.end("stopped")

    with pytest.raises(Refused, match="is stopped: nobody is there to obey"):
        give(run.record, Stop())


def test_a_number_is_set_under_its_name():
    assert command_of(Order(command="set", name="lr", value=0.1)).word == "set lr=0.1"


@pytest.mark.parametrize(
    ("order", "word"),
    [
        (Order(command="cancel", job="fit-1"), "cancel fit-1"),
        (Order(command="priority", job="fit-1", value=-2.0), "set fit-1.priority=-2"),
    ],
)
def test_an_order_to_a_job_is_the_command_that_ds_jobs_sends(order, word):
    assert command_of(order).word == word


def test_a_run_that_is_no_queue_has_no_jobs(runs):
    with ds.start_run() as run, pytest.raises(Refused, match="is no queue: it has no jobs"):
        give(run.record, Cancel(job="fit"))


@pytest.mark.parametrize(
    "order",
    [
        Order(command="set"),
        Order(command="set", name="lr"),
        Order(command="set", name="x" * 200, value=1.0),
        Order(command="pause", value=1.0),
        Order(command="stop", job="fit"),
        Order(command="cancel"),
        Order(command="cancel", job="../fit"),
        Order(command="cancel", job="x" * 200),
        Order(command="cancel", job="fit", value=1.0),
        Order(command="cancel", job="fit", name="lr"),
        Order(command="priority", job="fit"),
        Order(command="priority", job="fit", value=0.5),
        Order(command="priority", job="fit", value=1e300),
    ],
)
def test_an_order_whose_parts_do_not_belong_together_is_refused(order):
    with pytest.raises(UsageError):
        command_of(order)
