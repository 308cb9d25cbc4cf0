"""The live still follows a record from a thread and costs the loop nothing."""

import struct
import time
from itertools import pairwise
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.host import DRAWN_BY_LAB
from ds_notebook.record.state import OVER
from ds_notebook.rooms import new_view, scene_of
from ds_notebook.widgets import Bundle, LiveStill, bundle


@pytest.fixture
def run(runs: Path) -> ds.Run:
    return ds.start_run("followed")


def png_width(content: bytes) -> int:
    return int(struct.unpack(">I", content[16:20])[0])


def test_the_first_picture_comes_at_once_and_the_last_from_finish(run: ds.Run) -> None:
    shown: list[Bundle] = []
    live = LiveStill(run.record, new_view("loop"), shown.append)
    first = shown[0].data["text/plain"]
    run.log(loss=1.0)
    run.end()

    live.finish()

    assert "followed: running (as of " in first
    assert shown[-1].data["text/plain"].startswith("followed: finished")


def test_a_fast_loop_is_drawn_at_most_once_a_second(run: ds.Run) -> None:
    times: list[float] = []
    live = LiveStill(run.record, new_view("loop"), lambda _: times.append(time.monotonic()))
    end = time.monotonic() + 20
    for step in run.steps(iter(int, 1)):
        run.log(loss=step)
        if len(times) == 3 or time.monotonic() > end:
            break
    run.end()
    live.finish()

    between = [after - before for before, after in pairwise(times[:-1])]
    assert between and min(between) >= 0.99


def test_where_the_lab_draws_the_end_is_in_the_saved_picture_within_seconds(
    run: ds.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DRAWN_BY_LAB, "1")
    shown: list[Bundle] = []
    live = LiveStill(run.record, new_view("loop"), shown.append)
    time.sleep(1.2)
    run.end()
    deadline = time.monotonic() + 3
    while len(shown) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)

    first, last = (each.data["text/plain"] for each in shown)
    assert first.startswith("followed: running") and last.startswith("followed: finished")
    live.finish()


def test_a_picture_of_a_live_run_is_smaller_than_the_last(run: ds.Run) -> None:
    live = bundle(run.record, scene_of(run.record), as_of="12:00:00")
    run.end()
    last = bundle(run.record, scene_of(run.record))

    assert (png_width(live.data["image/png"]), png_width(last.data["image/png"])) == (760, 1520)
    assert live.metadata["image/png"]["width"] == last.metadata["image/png"]["width"] == 760
    assert last.metadata["image/png"]["alt"].startswith("followed: finished")


def test_a_run_that_failed_is_over_for_its_view(run: ds.Run) -> None:
    record = run.record
    live = LiveStill(record, new_view("loop"), lambda _: None)

    run.end("failed", "mine")

    assert record.state in OVER and live.run_is_over
    live.finish()
