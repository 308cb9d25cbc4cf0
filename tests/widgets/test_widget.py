"""The widget's feed follows a record and writes the orders that come back; the widget itself where anywidget is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.rooms import new_view
from ds_notebook.widgets.anywidget import _BUILT, Feed, Shown, run_widget

LIMIT_S = 10.0


@pytest.fixture
def run(runs: Path) -> Iterator[ds.Run]:
    run = ds.start_run("followed")
    yield run
    run.end()


@pytest.fixture
def shown() -> list[Shown]:
    return []


@pytest.fixture
def feed(run: ds.Run, shown: list[Shown]) -> Iterator[Feed]:
    feed = Feed(run.record, new_view("loop"), shown.append)
    yield feed
    run.end()
    feed.close()


def loop_until(run: ds.Run, done: object, takes_set: bool = False) -> None:
    """Steps of a loop of one's own until `done()` is true, or the run stops."""
    deadline = time.monotonic() + LIMIT_S
    for step in run.steps(iter(int, 1)):
        if takes_set:
            for command in run.poll():
                run.answer(command)
        time.sleep(0.01)
        run.log(loss=step)
        if done() or time.monotonic() > deadline:  # type: ignore[operator]
            break


def test_the_first_scene_comes_at_once_and_the_last_from_close(run: ds.Run, shown: list[Shown], feed: Feed) -> None:
    first = shown[0]
    run.end()

    feed.close()

    assert (first.state, shown[-1].state) == ("running", "finished")
    assert first.scene.commands and not shown[-1].scene.commands


def test_a_fast_loop_is_shown_at_most_five_times_a_second(run: ds.Run) -> None:
    times: list[float] = []
    feed = Feed(run.record, new_view("loop"), lambda _: times.append(time.monotonic()))
    end = time.monotonic() + 1.5
    loop_until(run, lambda: time.monotonic() > end)
    run.end()
    feed.close()

    assert 3 <= len([at for at in times if at < end]) <= 9


def test_a_scene_that_has_not_changed_is_not_sent_again(run: ds.Run, shown: list[Shown], feed: Feed) -> None:
    time.sleep(0.7)

    assert len(shown) <= 2  # the start, and what the record says of its machine once


def test_a_button_stops_the_run_and_the_record_says_applied(run: ds.Run, shown: list[Shown], feed: Feed) -> None:
    feed.order({"command": "stop"})
    loop_until(run, lambda: False)
    run.end()

    feed.close()

    assert shown[-1].state == "stopped"
    assert [(sent.word, sent.verdict) for sent in shown[-1].commands] == [("stop", "applied")]


def test_an_order_is_asked_until_the_loop_has_decided(run: ds.Run, shown: list[Shown], feed: Feed) -> None:
    feed.order({"command": "set", "name": "lr", "value": 0.5})
    deadline = time.monotonic() + LIMIT_S
    while not shown[-1].commands and time.monotonic() < deadline:
        time.sleep(0.02)
    loop_until(run, lambda: any(sent.verdict != "asked" for sent in shown[-1].commands), takes_set=True)

    verdicts = [sent.verdict for scene in shown for sent in scene.commands if sent.word == "set lr=0.5"]
    assert verdicts[0] == "asked" and verdicts[-1] == "applied"


def test_a_loop_that_takes_no_orders_refuses_them_with_the_reason(run: ds.Run, shown: list[Shown], feed: Feed) -> None:
    feed.order({"command": "save"})
    loop_until(run, lambda: any(sent.verdict == "refused" for sent in shown[-1].commands))

    assert shown[-1].commands[0].reason == "this loop does not take 'save'"


@pytest.mark.parametrize("content", [None, {}, {"command": "explode"}, {"command": "set", "name": "lr"}, "stop", [1]])
def test_nonsense_from_the_browser_writes_nothing(run: ds.Run, feed: Feed, content: object) -> None:
    feed.order(content)

    assert not list(run.record.path.glob("commands-*"))


def test_the_widget_shows_the_run_and_hears_its_buttons(run: ds.Run) -> None:
    pytest.importorskip("anywidget")
    if not any(path.is_file() for path in _BUILT):
        pytest.skip("The widget's JavaScript is not built: cd labextension && npm run build.")
    widget = run_widget(run.record, new_view("loop"))
    widget._handle_custom_msg({"command": "stop"}, [])
    loop_until(run, lambda: False)
    run.end()
    widget.feed.close()
    shown = widget.shown
    widget.close()

    assert shown["state"] == "stopped"
    assert len(widget._esm) < 60_000
