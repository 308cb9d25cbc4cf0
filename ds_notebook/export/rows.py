"""The rows of a record that count, block by block: what a resumed run recorded anew is left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import compress
from math import inf
from typing import NamedTuple

from ds_notebook.record import Record
from ds_notebook.record.events import Metrics, goes_back_to


class Block(NamedTuple):
    """Rows in the order of the record; every column is as long as `steps`."""

    steps: list[int]
    times: list[float]
    """Unix seconds."""
    columns: dict[str, list[float]]


def standing_rows(record: Record) -> Iterator[Block]:
    """The rows of `Record.columns()`, without holding them: a record may be larger than memory.

    The record is read twice, as a row is superseded by what comes after it.
    """
    limits = _Limits(record)
    num_returns = 0
    for event in record.events():
        num_returns += goes_back_to(event) is not None
        if isinstance(event, Metrics):
            yield from _standing(event, limits, num_returns)


class _Limits:
    """From which step on the rows of a metric are superseded, by how often the run had gone back before them."""

    def __init__(self, record: Record) -> None:
        self._returns: list[int] = []
        self._first_steps: list[dict[str, int]] = []
        for event in record.events():
            if (step := goes_back_to(event)) is not None:
                self._returns.append(step)
                self._first_steps.append({})
            elif isinstance(event, Metrics) and self._first_steps:
                for name in event.values:
                    self._first_steps[-1].setdefault(name, event.steps[0])

    def of(self, name: str, num_returns: int) -> float:
        """The step after `num_returns` returns from which on `name` was recorded anew; infinity for never."""
        later = self._first_steps[num_returns:]
        return min([inf, *self._returns[num_returns:], *(first[name] for first in later if name in first)])


def _standing(block: Metrics, limits: _Limits, num_returns: int) -> Iterator[Block]:
    """The block itself but for what is superseded; in parts where that differs from name to name."""
    names: dict[float, list[str]] = defaultdict(list)
    for name in block.values:
        names[limits.of(name, num_returns)].append(name)
    steps, times = block.steps, block.times()
    for limit, together in names.items():
        columns = {name: block.column(name) for name in together}
        if max(steps, default=-inf) < limit:
            yield Block(steps, times, columns)
        elif any(stands := [step < limit for step in steps]):
            kept = {name: list(compress(column, stands)) for name, column in columns.items()}
            yield Block(list(compress(steps, stands)), list(compress(times, stands)), kept)
