"""`ds compare` as a person or a program uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.cli import main


@pytest.fixture(autouse=True)
def _records_of_their_own(runs: Path) -> None:
    """Each test's runs lie in its own folder."""


def recorded(scale: float = 1.0, steps: int = 5) -> str:
    with ds.start_run("mine", config={"scale": scale}) as run:
        for step in run.steps(range(steps)):
            run.log(loss=scale / (step + 1))
    return run.id


def test_the_answer_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    worse, better = recorded(2.0), recorded(1.0)

    assert main(["compare", worse, better]) == 0

    name = better.split("-", 3)[3]
    assert capsys.readouterr().out.startswith(f"{name} is better: loss 0.2 against 0.4 after the same 5 steps\n")


def test_a_program_reads_runs_and_scene(capsys: pytest.CaptureFixture[str]) -> None:
    ids = [recorded(), recorded()]

    assert main(["compare", *ids, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [run["id"] for run in told["runs"]] == ids and "are equal: loss in all 5" in told["scene"]["title"]


def test_a_page_is_written(tmp_path: Path) -> None:
    assert main(["compare", recorded(), recorded(2.0), "--html", str(tmp_path / "both.html")]) == 0

    assert "<svg" in (tmp_path / "both.html").read_text()


def test_what_cannot_be_compared_is_asked_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    one, other, empty = recorded(), recorded(), recorded(steps=0)

    for words in ([one], [one, one], [one, empty], [one, other, "--metric", "accuracy"]):
        assert main(["compare", *words]) == 2

    sentences = capsys.readouterr().err.splitlines()
    assert sentences[0] == "compare takes 2 to 12 runs, got 1. Name each by its id or folder."
    assert sentences[1] == f"Run {one} was named twice. Name two different runs."
    assert sentences[2].endswith("has no metrics yet, so there is nothing to compare.")
    assert sentences[3] == "Metric 'accuracy' is not in all of these runs. Choose loss."
