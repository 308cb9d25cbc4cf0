"""`%%ds_train` cells in a real JupyterLab: digits, with checkpoints, long enough to be stopped."""

from __future__ import annotations

from pathlib import Path

import nbformat

from tests.browser.conftest import Journey, write_notebook
from tests.record.python import ROOT

TRAIN = """\
%%ds_train --name digits --epochs 1000 --learning-rate 1e-3 --checkpoint-every-s 0.5 {more}
model = SmallCNN()
train_data, val_data = digits()
"""


def quickstart() -> str:
    """The cells of the quickstart that make the model and the data."""
    notebook = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells if cell["id"] in ("load", "data"))


def test_a_training_is_stopped_by_its_button_and_resumed_by_the_next_cell(
    lab: dict[str, str], journey: Journey
) -> None:
    cells = TRAIN.format(more=""), TRAIN.format(more="--resume auto")
    write_notebook(Path(lab["root"], "trained", "digits.ipynb"), quickstart(), *cells)

    journey("trained")


def test_a_training_in_the_background_lets_the_next_cells_run(lab: dict[str, str], journey: Journey) -> None:
    cells = TRAIN.format(more="--background"), "print(run.status, flush=True)"
    write_notebook(Path(lab["root"], "background", "digits.ipynb"), quickstart(), *cells)

    journey("background")


def test_a_training_whose_kernel_was_killed_is_taken_up_by_a_new_kernel(lab: dict[str, str], journey: Journey) -> None:
    write_notebook(Path(lab["root"], "taken_up", "digits.ipynb"), quickstart(), TRAIN.format(more="--resume auto"))

    journey("taken_up")
