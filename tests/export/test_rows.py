"""The rows that count: the same as those of `Record.columns()`, without holding them all."""

from __future__ import annotations

from pathlib import Path

import ds_notebook as ds
from ds_notebook.export.rows import standing_rows
from ds_notebook.record import Record
from ds_notebook.record.reader import Column


def columns(record: Record) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for block in standing_rows(record):
        for name, values in block.columns.items():
            steps, times, column = found.setdefault(name, ([], [], []))
            steps.extend(block.steps)
            times.extend(block.times)
            column.extend(values)
    return found


def test_rows_are_those_of_the_record(record: Record) -> None:
    assert repr(columns(record)) == repr(record.columns())  # repr: NaN is not NaN


def test_rows_before_a_rollback_that_were_recorded_anew_are_left_out(runs: Path) -> None:
    run = ds.start_run()
    for step in range(10):
        run.log(step=step, loss=step, **({"val_loss": step} if step % 3 == 0 else {}))
    run.go_back(5, "diverged")
    for step in range(5, 8):
        run.log(step=step, loss=100 + step)
    run.go_back(7, "again")
    run.log(step=6, loss=200)
    run.end()

    assert columns(run.record) == run.record.columns()
    assert columns(run.record)["loss"][2] == [0, 1, 2, 3, 4, 105, 200]


def test_a_run_that_is_still_running_gives_what_there_is(runs: Path) -> None:
    with ds.start_run() as run:
        run.log(loss=1.0)
        run.flush()

        assert columns(run.record)["loss"][2] == [1.0]
