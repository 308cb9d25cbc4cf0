"""The record of a long fast run stays bounded, and says what it left out."""

from __future__ import annotations

import pytest

from ds_notebook.host import facts
from ds_notebook.record import Record, Run
from ds_notebook.record.events import RunStarted
from ds_notebook.record.rows import Row, Thinning, metrics

FULL_BYTES = 40_000


def thinned_run(folder, num_steps: int) -> Record:
    """A run of `num_steps` with a small cap: a loss each step, an accuracy in every thousandth."""
    started = RunStarted(kind="loop", name="x", host=facts().hostname, boot_id="", pid=1, process_started=0.0)
    folder.mkdir()
    with Run(folder, started, thinning=Thinning(full_bytes=FULL_BYTES, always_kept=200)) as run:
        for step in run.steps(range(num_steps)):
            run.log(loss=step)
            if step % 1000 == 0:
                run.log(accuracy=step)
            if step % 100 == 99:
                run._flush()
    return run.record


def size(record: Record) -> int:
    return sum(path.stat().st_size for path in record.path.glob("events-*"))


def test_a_long_fast_runs_record_grows_by_its_logarithm(tmp_path):
    short, eight_times = thinned_run(tmp_path / "short", 8_000), thinned_run(tmp_path / "long", 64_000)

    doublings = 3
    assert size(eight_times) - size(short) <= doublings * FULL_BYTES / 2


def test_a_note_says_that_the_record_is_thinned(tmp_path):
    record = thinned_run(tmp_path / "run", 8_000)

    assert record.notes[0].text == "The record has reached 0 MB: from here one step in 2 is kept."


def test_what_is_rare_is_kept_however_long_the_run(tmp_path):
    record = thinned_run(tmp_path / "run", 80_000)

    assert record.columns()["accuracy"][0] == list(range(0, 80_000, 1000))


def test_a_thinned_record_still_reaches_to_the_end_in_order(tmp_path):
    steps = thinned_run(tmp_path / "run", 20_000).columns()["loss"][0]

    assert steps == sorted(steps) and steps[-1] > 19_000
    assert steps[:500] == list(range(500))


@pytest.mark.parametrize(("written_bytes", "one_in"), [(0, 1), (999, 1), (1000, 2)])
def test_thinning_begins_at_its_cap(written_bytes, one_in):
    thinning = Thinning(full_bytes=1000)
    thinning.after(written_bytes)

    assert thinning.one_in == one_in


def test_names_of_the_same_steps_share_a_block():
    rows = [Row(0, 0, 5000, {"a": 1.0, "b": 2.0}), Row(1, 1000, 5000, {"a": 3.0, "b": 4.0, "c": 5.0})]

    blocks = metrics(rows, Thinning(), wall_ns=2_000_000_000)

    assert [(block.at, block.steps, list(block.values)) for block in blocks] == [
        (2.0, [0, 1], ["a", "b", "data_wait_s"]),
        (2.000001, [1], ["c"]),
    ]
