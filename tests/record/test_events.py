"""Every kind of event survives being written and read; a damaged line never stands in the way of the others."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from ds_notebook.record import Record
from ds_notebook.record.events import (
    Artifact,
    Decision,
    Event,
    Finding,
    JobChanged,
    Metrics,
    Note,
    RunEnded,
    RunStarted,
    Span,
    Stacks,
    TensorSummary,
    Usage,
)
from ds_notebook.record.journal import Journal
from ds_notebook.start import start_run

STARTED = RunStarted(at=1.0, kind="loop", name="x", host="h", boot_id="b", pid=1, process_started=0.5)
FULL_START = RunStarted(
    at=1.0,
    kind="train",
    name="ä\n\u2028 \x1b[31m",
    host="h",
    boot_id="b",
    pid=1,
    process_started=0.5,
    parent="p",
    config={"lr": 0.1, "deep": [{"a": None}]},
    host_facts={"gpus": []},
    tags=["t"],
    notes="n",
    total_steps=3,
    version="1",
)
EVENTS: list[Event] = [
    STARTED,
    FULL_START,
    RunEnded(status="failed", error="ValueError: no"),
    Metrics(steps=[0, 1], times_us=[0, 5], values={"loss": [0.1, 1e-300], "lr": [1.0, 2.0]}),
    Span(name="epoch", duration_s=0.25, lane="io", step=3),
    Stacks(frames=["a", "b"], stacks=[[0, 1], [0]], weights_s=[0.5, 0.25]),
    Usage(device="gpu0", values={"gpu_busy_pct": 97.5}),
    TensorSummary(tensor="fc.weight", role="weight", step=1, moments={"mean": 0.5}, histogram=[1, 2]),
    JobChanged(job="j", before="queued", after="running", placement={"cores": [0, 1]}, reason="free"),
    Finding(code="input-bound", severity="warning", where="cell 3", evidence="e", advice="a", expected_gain_pct=20.0),
    Decision(policy="gate", subject="loss < 1", verdict="passed", reason="r", evidence={"measured": {"loss": "0.5"}}),
    Artifact(kind="weights", path="blobs/w", size_bytes=3, sha256="ab", step=1),
    Note(level="info", text="hello"),
]


def read(folder: Path) -> list[Any]:
    return list(Record(folder).events())


def write_lines(folder: Path, *lines: bytes) -> None:
    (folder / "events-1-aa.jsonl").write_bytes(b"".join(lines))


NOTE = b'{"event":"note","at":1.0,"level":"info","text":"kept"}\n'


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_read_as_it_was_written(tmp_path, event):
    journal = Journal(tmp_path)
    journal.write([event])
    journal.close()

    assert read(tmp_path) == [event]


def test_nan_and_infinities_of_metrics_survive(runs):
    run = start_run()
    for value in (math.nan, math.inf, -math.inf, 1.5):
        run.log(loss=value)
    run.end()

    assert list(map(str, run.record.columns()["loss"][2])) == ["nan", "inf", "-inf", "1.5"]


def test_nan_in_the_moments_of_a_tensor_survives(tmp_path):
    summary = TensorSummary(tensor="w", role="gradient", step=0, moments={"mean": math.nan, "std": 1.0})
    journal = Journal(tmp_path)
    journal.write([summary])
    journal.close()

    assert read(tmp_path)[0].moments == {"mean": "nan", "std": 1.0}


def test_a_whole_number_beyond_every_float_is_recorded_as_infinite(runs):
    run = start_run()
    run.log(loss=10**400)
    run.log(loss=-(10**400))
    run.end()

    assert run.record.columns()["loss"][2] == [math.inf, -math.inf]


def test_half_a_character_in_a_text_is_shown_as_a_question_mark(runs):
    run = start_run()
    run.end("failed", "FileNotFoundError: caf\udce9")

    assert run.record.ended.error == "FileNotFoundError: caf?"


def test_what_json_cannot_hold_is_kept_as_its_text(runs):
    run = start_run(config={"where": Path("a/b"), "device": torch.device("cpu"), 3: {(1, 2): "x"}})
    run.end()

    assert run.record.started.config == {"where": "a/b", "device": "cpu", "3": {"(1, 2)": "x"}}


@pytest.mark.parametrize(
    "line",
    [
        b"garbage\n",
        b"\xff\xfe\x00\n",
        b'{"event":"note","at":1.0,"level":"info","text":"\xff"}\n',
        b"\n",
        b"[]\n",
        b"[" * 100_000 + b"\n",
        b'{"event":"telepathy","at":1.0,"thought":"from a newer version"}\n',
        b'{"event":"note","at":1.0,"level":"info"}\n',
        b'{"event":"metrics","at":1.0,"steps":[1,2],"times_us":[0],"values":{"loss":[1.0]}}\n',
        b'{"event":"metrics","at":1.0,"steps":[1],"times_us":[0],"values":{"loss":["big"]}}\n',
        b'{"event":"metrics","at":1.0,"steps":[1],"times_us":[0],"values":{"loss":[1e999]}}\n',
    ],
)
def test_a_line_that_cannot_be_understood_is_passed_over(tmp_path, line):
    write_lines(tmp_path, NOTE, line, NOTE)

    assert [event.text for event in read(tmp_path)] == ["kept", "kept"]


def test_fields_of_a_newer_version_are_ignored(tmp_path):
    write_lines(tmp_path, NOTE[:-2] + b',"mood":"good"}\n')

    assert read(tmp_path) == [Note(at=1.0, level="info", text="kept")]


@pytest.mark.parametrize("cut", [1, 20, len(NOTE) - 1])
def test_a_torn_last_line_is_ignored(tmp_path, cut):
    write_lines(tmp_path, NOTE, NOTE[:cut])

    assert read(tmp_path) == [Note(at=1.0, level="info", text="kept")]


@pytest.mark.parametrize(
    "forged",
    [
        {"frames": ["f (a.py:1)"], "stacks": [[0, 1]], "weights_s": [1.0]},
        {"frames": ["f (a.py:1)"], "stacks": [[-1]], "weights_s": [1.0]},
        {"frames": ["f (a.py:1)"], "stacks": [[0]], "weights_s": []},
        {"frames": ["f (a.py:1)"], "stacks": [[0]], "weights_s": [1.0], "order": [1]},
    ],
)
def test_stacks_that_name_what_is_not_there_are_passed_over(tmp_path: Path, forged: dict[str, Any]) -> None:
    (tmp_path / "events-1.jsonl").write_bytes(msgspec.json.encode({"event": "stacks", "at": 1.0, **forged}) + b"\n")

    assert list(Record(tmp_path).events()) == []
