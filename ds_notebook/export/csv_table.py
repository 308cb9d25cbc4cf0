"""One long table, a line a value, as RFC 4180 has it: opens in pandas, R, DuckDB and a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from ds_notebook.export.names import Names
from ds_notebook.export.rows import Block, standing_rows
from ds_notebook.record import Record

HEADER = ("step", "time", "name", "value")


def write(record: Record, path: Path, final: Path) -> list[str]:
    """Step, time (Unix seconds), name and value; what is no number is nan, inf or -inf."""
    names = Names()
    with open(path, "x", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for block in standing_rows(record):
            table.writerows(_lines(block, names))
    return names.remarks()


def _lines(block: Block, names: Names) -> Iterator[tuple[int, str, str, float]]:
    times = [f"{time:.6f}" for time in block.times]
    for name, values in block.columns.items():
        given = names.of(name)
        yield from ((step, time, given, value) for step, time, value in zip(block.steps, times, values, strict=True))
