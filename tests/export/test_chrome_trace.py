"""The trace, checked field by field against the documented format: no reader of it comes as a package for tests."""

from __future__ import annotations

import json
import math
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from ds_notebook.export import ExportConfig, export_run
from ds_notebook.export.lanes import Piece, laid
from ds_notebook.record import Record

FIELDS = {
    "M": {"ph", "name", "pid", "tid", "args"},
    "X": {"ph", "name", "cat", "pid", "tid", "ts", "dur"},
    "C": {"ph", "name", "cat", "pid", "tid", "ts", "args"},
    "i": {"ph", "name", "cat", "pid", "tid", "ts", "s"},
}
"""What each kind of event must have, by the format's description."""


def trace(record: Record, tmp_path: Path) -> dict[str, Any]:
    path = export_run(record, ExportConfig(to="chrome", out=tmp_path / "run.json")).path
    read: dict[str, Any] = json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    return read


def events(record: Record, tmp_path: Path, phase: str) -> list[dict[str, Any]]:
    return [event for event in trace(record, tmp_path)["traceEvents"] if event["ph"] == phase]


@pytest.mark.parametrize("which", ["record", "strange"])
def test_every_event_has_the_fields_of_its_kind(which: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    found = trace(request.getfixturevalue(which), tmp_path)

    assert set(found) == {"displayTimeUnit", "otherData", "traceEvents"} and found["displayTimeUnit"] == "ms"
    for event in found["traceEvents"]:
        assert FIELDS[event["ph"]] <= set(event) <= FIELDS[event["ph"]] | {"args"}
        assert isinstance(event["name"], str) and event["name"].isprintable()
        assert event["pid"] == 1 and isinstance(event["tid"], int)
        assert all(math.isfinite(event[field]) and event[field] >= 0 for field in ("ts", "dur") if field in event)


def test_what_shares_a_thread_nests_or_follows(record: Record, tmp_path: Path) -> None:
    blocks = sorted(events(record, tmp_path, "X"), key=lambda event: (event["tid"], event["ts"], -event["dur"]))

    for _, thread in groupby(blocks, key=lambda event: event["tid"]):
        open_ends: list[int] = []
        for event in thread:
            start, end = round(event["ts"] * 1000), round(event["ts"] * 1000) + round(event["dur"] * 1000)
            while open_ends and open_ends[-1] <= start:
                open_ends.pop()
            assert not open_ends or end <= open_ends[-1]
            open_ends.append(end)


def test_spans_and_steps_lie_on_named_lanes(record: Record, tmp_path: Path) -> None:
    found = trace(record, tmp_path)["traceEvents"]

    lanes = {event["tid"]: event["args"]["name"] for event in found if event["name"] == "thread_name"}
    placed = Counter((lanes[event["tid"]], event["name"]) for event in found if event["ph"] == "X")
    assert placed[("main", "forward")] == placed[("main", "inner")] == 10
    assert placed[("steps", "wait for data")] == 10
    assert placed[("steps", "step")] == 9  # nothing says when the last one ended


def test_a_span_keeps_its_step_and_its_length(record: Record, tmp_path: Path) -> None:
    span = next(event for event in events(record, tmp_path, "X") if event["name"] == "forward")

    assert span["args"] == {"step": 0} and 1000 <= span["dur"] < 1e6


def test_usage_is_a_counter_and_what_was_said_a_mark(record: Record, tmp_path: Path) -> None:
    found = trace(record, tmp_path)["traceEvents"]

    counters = [(event["name"], event["args"]) for event in found if event["ph"] == "C"]
    marks = [event["name"] for event in found if event["ph"] == "i"]

    assert ("cpu busy_pct", {"value": 12.5}) in counters
    assert marks == ["warning: something was left out", "finished"]


def test_work_that_overlaps_on_a_lane_gets_rows_of_its_own() -> None:
    one, two, three = (
        Piece("io", "a", 0.0, 2.0, None),
        Piece("io", "b", 1.0, 3.0, None),
        Piece("io", "c", 2.0, 4.0, None),
    )

    assert list(laid([two, three, one])) == [("io", [one, three]), ("io", [two])]


def test_an_inner_span_that_ends_a_microsecond_late_is_drawn_within_the_outer_one() -> None:
    outer, inner = Piece("main", "outer", 0.0, 1.0, None), Piece("main", "inner", 0.5, 1.000001, None)

    assert list(laid([inner, outer])) == [("main", [outer, inner._replace(end=1.0)])]
