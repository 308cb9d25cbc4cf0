"""Each example notebook as papermill runs it, and the quickstart as a person interrupts it."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from tests.draw.test_png import rows_of
from tests.magics.conftest import Kernel

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TRAIN_CELL = {"quickstart": "train", "own_loop": "loop", "resume": "compare", "profile": "queries", "schedule": "queue"}
"""The cell that trains, or else does what the notebook is about, by its id."""

SAYS = {
    "quickstart": ("finished", "loss"),
    "own_loop": ("finished", "loss"),
    "resume": ("are equal", "loss"),
    "profile": ("finished", "n-plus-one"),
    "schedule": ("4 succeeded", "service"),
}


class Papermill:
    """A notebook's run: its exit status and what was saved."""

    def __init__(self, name: str, folder: Path, parameters: dict[str, float]) -> None:
        saved = folder / f"{name}.ipynb"
        given = [word for key, value in parameters.items() for word in ("-p", key, str(value))]
        command = [sys.executable, "-m", "papermill", "-k", "python3", "--no-progress-bar", *given]
        ran = subprocess.run(
            [*command, str(NOTEBOOKS / saved.name), str(saved)],
            cwd=folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        self.status = ran.returncode
        self.said = ran.stderr
        self.cells = {cell["id"]: cell for cell in nbformat.read(saved, as_version=4).cells}
        self.trained = self.cells[TRAIN_CELL[name]]

    def told(self) -> str:
        """What papermill said and every cell showed, for who has to find out why a run failed."""
        outputs = [output for cell in self.cells.values() for output in cell.get("outputs", [])]
        texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
        return "\n".join([self.said, *texts])

    def shown(self) -> dict[str, Any]:
        """The one picture and text that the cell which trains left."""
        (output,) = (output for output in self.trained.outputs if "image/png" in output.get("data", {}))
        return dict(output.data)


def is_drawn(picture: str) -> bool:
    """More than a blank page: a blank one has the same few rows all the way down."""
    return len(set(rows_of(base64.b64decode(picture)))) > 50


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("quickstart", {}),
        ("own_loop", {"num_steps": 60, "most_of_unigram": 0.95}),
        ("resume", {}),
        ("profile", {}),
        ("schedule", {}),
    ],
)
def test_a_notebook_runs_and_leaves_a_picture_and_a_text(
    name: str, parameters: dict[str, float], tmp_path: Path
) -> None:
    ran = Papermill(name, tmp_path, parameters)

    assert ran.status == 0, ran.told()
    assert is_drawn(ran.shown()["image/png"])
    assert all(word in ran.shown()["text/plain"] for word in SAYS[name])


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("quickstart", {"epochs": 1, "threshold": 1.01}),
        ("own_loop", {"num_steps": 20, "most_of_unigram": 0}),
    ],
)
def test_a_gate_that_fails_fails_papermill_and_leaves_the_picture(
    name: str, parameters: dict[str, float], tmp_path: Path
) -> None:
    ran = Papermill(name, tmp_path, parameters)

    assert ran.status != 0
    assert "GateFailed" in ran.said
    assert is_drawn(ran.shown()["image/png"])


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_kept_clean_and_takes_parameters(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert code[0].metadata.tags == ["parameters"]


@pytest.fixture
def kernel(runs: Path, tmp_path: Path) -> Iterator[Kernel]:
    """A kernel whose runs lie in this test's folder."""
    manager, client = start_new_kernel(
        kernel_name="python3", cwd=str(tmp_path), env={**os.environ, "OMP_NUM_THREADS": "1"}, startup_timeout=60
    )
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_the_quickstarts_training_can_be_interrupted_and_its_next_cells_run(kernel: Kernel) -> None:
    cells = [
        cell for cell in nbformat.read(NOTEBOOKS / "quickstart.ipynb", as_version=4).cells if cell.cell_type == "code"
    ]
    place = [cell["id"] for cell in cells].index("train")
    for cell in cells[:place]:
        assert kernel.run(cell.source).error == ""

    kernel.run("epochs = 1000")
    message = kernel.start(cells[place].source)
    wait_for_steps(kernel)
    kernel.manager.interrupt_kernel()

    assert reply_to(kernel, message)["status"] == "ok"
    assert "'interrupted'" in kernel.run("run.record.state").displays[0]["text/plain"]
    for cell in cells[place + 1 :]:
        assert kernel.run(cell.source).error == ""


def wait_for_steps(kernel: Kernel) -> None:
    """Returns once the picture of the running cell has a loss."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "update_display_data" and "loss" in message["content"]["data"]["text/plain"]:
            return


def reply_to(kernel: Kernel, message: str) -> dict[str, Any]:
    """What the kernel says once the cell is done."""
    while True:
        reply = kernel.client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == message:
            return dict(reply["content"])
