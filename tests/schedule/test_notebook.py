"""A notebook as a job: parameters in, an output that grows cell by cell, a failure in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from ds_notebook.errors import UsageError
from ds_notebook.record import Record
from ds_notebook.schedule.attempt import Outcome
from ds_notebook.schedule.config import SubmitConfig
from ds_notebook.schedule.submitted import notebook_jobs
from tests.schedule.jobs import outcome, start_wrapper, until
from tests.schedule.notebooks import write_notebook


class Ran(NamedTuple):
    """A notebook job that ran, and how its output looked in the middle."""

    folder: Path
    notebook: Path
    output: Path
    half_way: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("notebook")
    notebook = write_notebook(
        folder / "work" / "sum.ipynb", "x = 1", "print(x + 1)", "import os, time; print(os.getcwd()); time.sleep(0.5)"
    )
    (spec,) = notebook_jobs(notebook, {"x": 41}, SubmitConfig())
    output = Path(spec.output)
    with start_wrapper(folder / "job", spec):
        until(lambda: output.exists() and "42" in output.read_text())
        half_way = output.read_text()
    yield Ran(folder / "job", notebook, output, half_way)


def test_parameters_go_in_and_results_come_out(ran):
    printed = [each.text for cell in nbformat.read(ran.output, 4).cells for each in cell.get("outputs", ())]

    assert (outcome(ran.folder), printed) == (Outcome("succeeded"), ["42\n", f"{ran.notebook.parent}\n"])


def test_the_output_lies_in_a_folder_beside_it_that_git_ignores_and_grows_as_it_runs(ran):
    assert (ran.output.parent, (ran.output.parent / ".gitignore").read_text()) == (
        ran.notebook.parent / "ds_jobs",
        "*\n",
    )
    assert str(ran.notebook.parent) + "\\n" not in ran.half_way


def test_it_says_how_far_it_is_by_cell(ran):
    assert Record(ran.folder).columns()["progress"][2] == [0.25, 0.5, 0.75, 1.0]


def test_what_its_cells_print_is_logged(ran):
    assert (ran.folder / "stdout-1.log").read_text() == f"42\n{ran.notebook.parent}\n"


def run_notebook(folder: Path, notebook: Path) -> Outcome | None:
    with start_wrapper(folder, *notebook_jobs(notebook, {}, SubmitConfig())):
        pass
    return outcome(folder)


def test_a_failed_gate_is_the_reason_in_words(home, tmp_path):
    gate = "import ds_notebook as ds\nwith ds.start_run() as run: run.log(loss=0.5)\nrun.gate('loss < 0.3')"
    found = run_notebook(home / "job", write_notebook(tmp_path / "gate.ipynb", "x = 1", gate))

    assert found is not None and found.status == "failed"
    assert found.reason.startswith("cell 2: GateFailed: Gate failed: loss < 0.3: measured 0.5")


def test_a_kernel_that_dies_is_said(home, tmp_path):
    notebook = write_notebook(tmp_path / "dies.ipynb", "x = 1", "import os; os.kill(os.getpid(), 9)")

    assert run_notebook(home / "job", notebook) == Outcome(
        "failed", "the kernel died: killed, out of memory, or a crash in compiled code"
    )


@pytest.mark.parametrize("content", [None, "no JSON", "{}", '{"cells": []}', "[1]"])
def test_what_is_no_notebook_is_refused_at_the_submit(tmp_path, content):
    path = tmp_path / "some.ipynb"
    if content is not None:
        path.write_text(content)

    with pytest.raises(UsageError, match=r"There is no notebook|is not a notebook of format 4"):
        notebook_jobs(path, {}, SubmitConfig())


def test_a_path_with_braces_a_notebook_without_a_kernel_and_a_neighbour_called_as_a_module_run(home, tmp_path):
    notebook = write_notebook(tmp_path / "work" / "a {x}.ipynb", "print(1)")
    content = nbformat.read(notebook, 4)
    del content.metadata["kernelspec"]
    nbformat.write(content, notebook)
    (notebook.parent / "papermill.py").write_text("raise RuntimeError('taken for papermill')")

    assert run_notebook(home / "job", notebook) == Outcome("succeeded")
