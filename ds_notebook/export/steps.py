"""When each step of a loop ran and how long it had waited for its batch, from the rows that `run.steps` left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from ds_notebook.export.lanes import Piece
from ds_notebook.record import Record
from ds_notebook.record.events import Metrics
from ds_notebook.record.rows import DATA_WAIT

LANE = "steps"


class _Row(NamedTuple):
    step: int
    start: float
    wait_s: float


def steps_and_waits(record: Record) -> Iterator[Piece]:
    """Each wait; and each step, to the wait for the next one.

    The last step is left out, as nothing says when it ended; so is one whose follower was not kept.
    """
    rows = list(_rows(record))
    for row in rows:
        if row.wait_s > 0:
            yield Piece(LANE, "wait for data", row.start - row.wait_s, row.start, row.step)
    for row, after in pairwise(rows):
        if after.step == row.step + 1:
            yield Piece(LANE, "step", row.start, max(row.start, after.start - after.wait_s), row.step)


def _rows(record: Record) -> Iterator[_Row]:
    for event in record.events():
        if isinstance(event, Metrics) and DATA_WAIT in event.values:
            yield from map(_Row, event.steps, event.times(), event.column(DATA_WAIT))
