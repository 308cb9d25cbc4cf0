"""Each `ds` command as a person or a program uses it: on real records, by exit status and output."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ds_notebook as ds
from ds_notebook.cli import COMMANDS, main
from ds_notebook.record.commands import Stop, send

Output = Callable[[], str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, runs: Path) -> Path:
    return tmp_path


@pytest.fixture
def out(capsys: pytest.CaptureFixture[str]) -> Output:
    """What has been printed since the last call, on both streams."""
    return lambda: "".join(capsys.readouterr())


def finished_run(name: str = "mine", error: str = "") -> ds.Run:
    run = ds.start_run(name, tags=["tagged"])
    for step in run.steps(range(5)):
        run.log(loss=1.0 / (step + 1))
    run.end("failed" if error else "finished", error)
    return run


def as_json(text: str) -> Any:
    return json.loads(text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, out: Output) -> None:
    assert main([name, "--help"]) == 0
    assert f"example: ds {name}" in " ".join(out().split())


def test_no_command_shows_all_of_them(out: Output) -> None:
    assert main([]) == 0
    overview = out()
    assert all(name in overview and what in overview for name, what in COMMANDS.items())


def test_an_unknown_command_is_said_and_is_asked_wrongly(out: Output) -> None:
    assert main(["shwo"]) == 2
    assert "Command 'shwo' is not known. Choose doctor, demo" in out()


def test_runs_lists_the_newest_first(out: Output) -> None:
    finished_run("older")
    finished_run("newer")

    assert main(["runs", "--json"]) == 0

    assert [run["name"] for run in as_json(out())["runs"]] == ["newer", "older"]


def test_runs_of_an_empty_folder_says_so(out: Output) -> None:
    assert main(["runs"]) == 0
    assert "There is no run in" in out()


def test_show_prints_the_state_and_the_curves(out: Output) -> None:
    run = finished_run()

    assert main(["show", run.id]) == 0

    assert "mine: finished, step 4" in (text := out()) and "loss" in text


def test_show_takes_a_folder_as_well_as_an_id(out: Output) -> None:
    assert main(["show", str(finished_run().path)]) == 0


def test_show_writes_a_page_in_which_text_is_text(folder: Path) -> None:
    run = finished_run("<script>alert(1)</script>")

    assert main(["show", run.id, "--html", str(folder / "run.html")]) == 0

    page = (folder / "run.html").read_text()
    assert "<script>" not in page and "&lt;script&gt;" in page and "<svg" in page


def test_a_run_that_is_not_there_is_said_with_those_that_are(out: Output) -> None:
    run = finished_run()

    assert main(["show", "2020-01-01-old-owl"]) == 1

    assert f"There is no run '2020-01-01-old-owl' here or in {run.path.parent}. The newest are {run.id}." in out()


def test_logs_put_errors_first(out: Output) -> None:
    run = finished_run(error="ValueError: mine")

    assert main(["logs", run.id]) == 0

    assert "error   failed ValueError: mine" in out().splitlines()[0]


def test_gate_passes_with_0_and_fails_with_1(out: Output) -> None:
    run = finished_run()

    assert main(["gate", run.id, "loss <= 0.2", "count(loss) == 5"]) == 0
    assert main(["gate", run.id, "loss <= 0.1"]) == 1
    assert "FAILED  loss <= 0.1: measured 0.2" in out()


@pytest.mark.parametrize("expression", ["accuracy > 0", "loss >", "loss"])
def test_gate_on_a_missing_metric_fails_and_on_nonsense_is_asked_wrongly(expression: str) -> None:
    status = main(["gate", finished_run().id, expression])

    assert status == (1 if expression == "accuracy > 0" else 2)


def test_gate_writes_junit_for_a_ci_server(folder: Path) -> None:
    main(["gate", finished_run().id, "loss < 0", "--junit", str(folder / "gate.xml")])

    assert 'failures="1"' in (folder / "gate.xml").read_text()


def test_send_waits_for_the_answer_in_the_record(out: Output) -> None:
    run = ds.start_run("long")
    thread = threading.Thread(target=lambda: [None for _ in run.steps(iter(int, 1))])
    thread.start()

    status = main(["send", run.id, "set", "lr=0.1"])
    send(run.path, Stop())
    thread.join()
    run.end()

    assert status == 1 and "set lr=0.1: refused (this loop does not take 'set lr=0.1')" in out()
    assert run.record.state == "stopped"


@pytest.mark.parametrize("order", [["dance"], ["set", "lr"], ["set", "lr=fast"], ["stop", "now"]])
def test_an_unknown_order_is_asked_wrongly(order: list[str]) -> None:
    assert main(["send", finished_run().id, *order]) == 2


def test_nobody_obeys_in_a_run_that_is_over(out: Output) -> None:
    assert main(["send", finished_run().id, "stop"]) == 2
    assert "is finished: nobody is there to obey." in out()


def test_clean_lists_first_and_deletes_on_yes(out: Output) -> None:
    run = finished_run()

    main(["clean", "--older-than", "0"])
    assert run.path.exists()
    main(["clean", "--older-than", "0", "--yes"])
    assert not run.path.exists()


def test_clean_spares_what_runs_what_is_young_and_what_is_a_parent(folder: Path) -> None:
    running, parent = ds.start_run("running"), finished_run("parent")
    child = ds.start_run("child", parent=parent.id)
    child.end()

    main(["clean", "--yes"])
    assert child.path.exists()
    main(["clean", "--older-than", "0", "--yes"])

    assert [path.exists() for path in (running.path, parent.path, child.path)] == [True, True, False]
    running.end()


def test_doctor_says_what_is_there_and_what_is_missing(out: Output) -> None:
    assert main(["doctor", "--json"]) == 0
    found = as_json(out())
    assert found["has"]["threads"] >= 1 and all(lack["instead"] for lack in found["missing"])


def test_demo_trains_and_tells_a_program_where(out: Output) -> None:
    pytest.importorskip("sklearn")

    assert main(["demo", "--json"]) == 0

    assert as_json(out())["state"] == "finished"


SETUP = """
import torch
def setup():
    inputs = torch.randn(64, 4)
    data = (inputs, (inputs.sum(1) > 0).long())
    return dict(model=torch.nn.Linear(4, 2), train_data=data, val_data=data)
def wrong():
    return 3
"""


def test_train_runs_what_a_file_sets_up(folder: Path, out: Output) -> None:
    (folder / "mine.py").write_text(SETUP)

    assert main(["train", f"{folder}/mine.py:setup", "--epochs", "2", "--json"]) == 0

    assert as_json(out())["state"] == "finished"


def test_train_fails_with_a_failed_gate(folder: Path, out: Output) -> None:
    (folder / "mine.py").write_text(SETUP)

    assert main(["train", f"{folder}/mine.py:setup", "--gate", "val_loss < 0"]) == 1
    assert "Gate failed: val_loss < 0: measured" in out()


def test_train_again_takes_file_and_options_from_the_record(folder: Path, out: Output) -> None:
    (folder / "mine.py").write_text(SETUP)
    main(["train", f"{folder}/mine.py:setup", "--epochs", "3", "--seed", "5", "--json"])
    first = ds.open_run(as_json(out())["id"])

    assert main(["train", "--again", first.id, "--json"]) == 0

    second = ds.open_run(as_json(out())["id"])
    assert second.id != first.id
    assert second.columns()["loss"][2] == first.columns()["loss"][2]


def test_an_option_given_to_train_again_goes_before_the_recorded_one(folder: Path, out: Output) -> None:
    (folder / "mine.py").write_text(SETUP)
    main(["train", f"{folder}/mine.py:setup", "--epochs", "3", "--batch-size", "16", "--json"])

    main(["train", "--again", as_json(out())["id"], "--epochs", "1", "--json"])

    started = ds.open_run(as_json(out())["id"]).started
    assert started is not None
    assert (started.config["epochs"], started.config["batch_size"]) == (1, 16)


def test_train_again_says_what_a_run_lacks(out: Output) -> None:
    assert main(["train", "--again", finished_run().id]) == 2
    assert "is a run of kind 'loop'" in out()


@pytest.mark.parametrize("source", ["nowhere.py:setup", "mine.py:absent", "mine.py:wrong", "mine.py"])
def test_train_says_what_it_wants(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "mine.py").write_text(SETUP)

    assert main(["train", source]) == 2


def test_the_installed_command_ends_quietly_when_its_reader_does() -> None:
    command = f"{sys.executable} -m ds_notebook.cli doctor | head -1"

    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


PROJECT = """
import torch
from neighbour import width

def setup():
    inputs = torch.randn(64, 4)
    return {"model": torch.nn.Linear(4, width), "train_data": (inputs, (inputs.sum(1) > 0).long())}

def extra():
    return {**setup(), "batch_size": 8}

def needing(path):
    return setup()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file in a folder that is not the working one, with a module beside it."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "train.py").write_text(PROJECT)
    (project / "neighbour.py").write_text("width = 2")
    monkeypatch.setattr(sys, "path", list(sys.path))
    return str(project / "train.py")


def test_train_lets_the_file_import_its_neighbours(project: str, out: Output) -> None:
    assert main(["train", f"{project}:setup"]) == 0, out()


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("extra", "returns 'batch_size', which the trainer does not take. Choose model, train_data"),
        ("needing", "is called without arguments: missing a required argument: 'path'"),
    ],
)
def test_train_says_what_is_wrong_with_the_function(project: str, function: str, sentence: str, out: Output) -> None:
    assert main(["train", f"{project}:{function}"]) == 2
    assert sentence in out()


@pytest.mark.parametrize(("command", "options"), [("show", ["--html"]), ("gate", ["loss < 9", "--junit"])])
def test_a_file_that_cannot_be_written_is_said(command: str, options: list[str], tmp_path: Path, out: Output) -> None:
    place = tmp_path / "nowhere" / "x"

    assert main([command, finished_run().id, *options, str(place)]) == 2
    assert f"{place} could not be written: No such file or directory. Choose another place." in out()
