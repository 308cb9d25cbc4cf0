"""A profile in the words of speedscope, of flame graph scripts and of Chrome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import ds_notebook as ds
from ds_notebook.errors import UsageError
from ds_notebook.export import ExportConfig, export_run
from ds_notebook.export import stacks as stacks_module
from ds_notebook.export.config import FormatName
from ds_notebook.export.stacks import sampled
from ds_notebook.record import Record
from ds_notebook.record.events import Stacks

SCHEMA = json.loads(Path(__file__).with_name("speedscope-schema.json").read_text(encoding="utf-8"))
"""Of npm's speedscope 1.25.0 (MIT), its file-format-schema.json."""
MAIN, WORK, PARSE = "main (prog.py:3)", "work (cell 7:2)", "parse (/lib/json.py:10)"


def profile(*events: Stacks) -> Record:
    with ds.start_run("prog.py", kind="profile") as run:
        for event in events:
            run.emit(event)
    return run.record


def ordered(at: float, order: list[int], gap_s: float = 0.01, lane: str = "main") -> Stacks:
    """Samples of two stacks, main > work and main > parse."""
    return Stacks(
        at=at,
        frames=[MAIN, WORK, PARSE],
        stacks=[[0, 1], [0, 2]],
        weights_s=[order.count(0) * gap_s, order.count(1) * gap_s],
        order=order,
        gaps_s=[gap_s] * len(order),
        lane=lane,
    )


def exported(record: Record, to: FormatName, folder: Path) -> bytes:
    return export_run(record, ExportConfig(to=to, out=folder / "here")).path.read_bytes()


def speedscope(record: Record, folder: Path) -> Any:
    return json.loads(exported(record, "speedscope", folder))


def test_the_speedscope_file_is_valid_by_its_schema(runs, tmp_path):
    record = profile(ordered(1.0, [0, 1, 0]), ordered(1.0, [1], lane="thread a\x1b[31m"))

    written = speedscope(record, tmp_path)
    jsonschema.validate(written, SCHEMA)  # raises where it is not

    assert len(written["profiles"]) == 2


def test_speedscope_gets_the_stacks_in_time_and_equal_neighbours_as_one(runs, tmp_path):
    record = profile(ordered(1.0, [0, 0, 1]), ordered(1.03, [1, 0]))

    (lane,) = speedscope(record, tmp_path)["profiles"]

    assert (lane["samples"], lane["weights"]) == ([[0, 1], [0, 2], [0, 1]], [0.02, 0.02, 0.01])
    assert lane["endValue"] == pytest.approx(0.05)


def test_a_frame_keeps_its_function_its_file_and_its_line(runs, tmp_path):
    frames = speedscope(profile(ordered(1.0, [0, 1])), tmp_path)["shared"]["frames"]

    assert frames[1] == {"name": "work", "file": "cell 7", "line": 2}


def test_more_samples_than_are_bearable_are_merged_and_that_is_said(runs, monkeypatch):
    monkeypatch.setattr(stacks_module, "MOST_SAMPLES", 3)

    found = sampled(profile(ordered(1.0, [0, 1, 0, 1, 0])))

    assert [spent for _, spent in found.lanes[0].stacks] == pytest.approx([0.03, 0.02])
    assert "merged" in found.remarks()[0]


def test_collapsed_stacks_are_lines_of_microseconds(runs, tmp_path):
    lines = exported(profile(ordered(1.0, [0, 1, 0])), "collapsed", tmp_path).decode().splitlines()

    assert lines == [f"{MAIN};{WORK} 20000", f"{MAIN};{PARSE} 10000"]


def test_lanes_of_collapsed_stacks_are_told_apart(runs, tmp_path):
    record = profile(ordered(1.0, [0, 1]), ordered(1.0, [0], lane="thread a;b"))

    lines = exported(record, "collapsed", tmp_path).decode().splitlines()

    assert {line.split(";")[0] for line in lines} == {"main", "thread a,b"}


def test_chrome_gets_calls_that_nest(runs, tmp_path):
    trace = json.loads(exported(profile(ordered(1.0, [0, 0, 1])), "chrome", tmp_path))

    calls = {event["name"]: (event["ts"], event["dur"]) for event in trace["traceEvents"] if event["ph"] == "X"}
    assert calls == {
        MAIN: (0, pytest.approx(30_000)),
        WORK: (0, pytest.approx(20_000)),
        PARSE: (pytest.approx(20_000), pytest.approx(10_000)),
    }


@pytest.mark.parametrize("to", ["speedscope", "collapsed"])
def test_a_run_without_a_profile_is_said(runs, tmp_path, to):
    with ds.start_run("no profile") as run:
        run.log(loss=1.0)

    with pytest.raises(UsageError, match="holds no profile"):
        export_run(run.record, ExportConfig(to=to, out=tmp_path / "here"))
