"""A run that has something of everything to export."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.record import Record
from ds_notebook.record.events import Usage

NASTY = "../../etc/pass\x1b[31mwd\n\x00"
"""A metric's name as only a stranger would have it."""


def slow_batches(count: int) -> Iterator[int]:
    for number in range(count):
        time.sleep(0.0005)
        yield number


@pytest.fixture
def record(runs: Path) -> Record:
    """Ten steps of two metrics, one of them NaN and infinite; options, notes, spans, usage and a file."""
    run = ds.start_run(
        "digits", config={"lr": 0.1, "optimizer": {"name": "adam"}, "clip": None}, tags=["a", "b"], notes="my notes"
    )
    for step in run.steps(slow_batches(10)):
        with run.span("forward"), run.span("inner"):
            time.sleep(0.001)
        run.log(loss=1 / (step + 1))
        if step in (4, 9):
            run.log(**{"val/accuracy": float("nan") if step == 4 else float("inf")})
    run.emit(Usage(device="cpu", values={"busy_pct": 12.5}))
    run.note("something was left out", "warning")
    run.save_blob("weights.bin", b"12345", kind="weights")
    run.end()
    return run.record


@pytest.fixture
def strange(runs: Path) -> Record:
    """A run whose metrics have names that would break files, and become alike once they are cleaned."""
    run = ds.start_run("strange\x1b[31m", config={NASTY: "a\x00b", "x": 1})
    run.log(**{NASTY: 1.0, "=cmd()": 2.0, 'with "quotes", commas': 3.0, "a\x00": 4.0, "a": 5.0, "": 6.0})
    run.save_blob("odd name?#.bin", b"odd", kind="weights")
    run.end()
    return run.record
