"""`ds export` as a person or a program uses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.cli import main
from ds_notebook.export.config import FORMATS
from ds_notebook.record.events import Stacks


@pytest.fixture
def run_id(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    with ds.start_run("mine") as run:
        run.log(loss=1.0)
        run.emit(Stacks(frames=["main (mine.py:3)"], stacks=[[0]], weights_s=[0.5]))
    return run.id


@pytest.mark.parametrize("to", FORMATS)
def test_each_format_can_be_had_or_names_its_extra(run_id: str, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["export", run_id, "--to", to, "--out", "here"])

    out, err = capsys.readouterr()
    written = status == 0 and Path("here").exists() and out.startswith("Written: ")
    assert written or (status == 2 and f'pip install "ds-notebook[{to}]"' in err)


def test_a_missing_extra_is_one_sentence(
    run_id: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "ds_notebook.export.tensorboard_log", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto.event_pb2", None)

    assert main(["export", run_id, "--to", "tensorboard"]) == 2

    said = capsys.readouterr().err
    assert said == 'Export to TensorBoard needs an extra: pip install "ds-notebook[tensorboard]".\n'


def test_a_program_is_told_where(run_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", run_id, "--to", "csv", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told == {"id": run_id, "path": str(tmp_path / f"{run_id}.csv"), "remarks": []}


def test_what_is_there_is_replaced_with_force_only(run_id: str) -> None:
    words = ["export", run_id, "--to", "csv", "--out", "run.csv"]

    assert [main(words), main(words), main([*words, "--force"])] == [0, 2, 0]


@pytest.mark.parametrize("words", [[], ["--to", "excel"], ["--to"]])
def test_a_wrong_request_is_asked_wrongly(run_id: str, words: list[str]) -> None:
    assert main(["export", run_id, *words]) == 2
