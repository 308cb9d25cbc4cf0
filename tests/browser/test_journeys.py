"""What a person does in JupyterLab, done by a real browser in a real JupyterLab."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import EXTENSION, LOOP, Journey, write_notebook

LONG, SHORT = 600, 5
"""Steps: a minute, half a second."""
HTML = '<img src=x onerror="window.hacked=1">'

ONE_NOTEBOOK = {
    "live": LOOP.format(name="loop", steps=LONG),
    "reopened": LOOP.format(name="loop", steps=LONG),
    "killed": LOOP.format(name="loop", steps=LONG),
    "saved": LOOP.format(name="loop", steps=SHORT),
    "alone": LOOP.format(name="loop", steps=SHORT),
    "dark": LOOP.format(name="loop", steps=SHORT),
    "keyboard": LOOP.format(name="loop", steps=LONG),
    "markup": LOOP.format(name=HTML, steps=SHORT),
    "buttons": LOOP.format(name="loop", steps=LONG),
}
"""The story of each journey is the first line of its file in journeys/."""


@pytest.mark.parametrize("name", ONE_NOTEBOOK)
def test_a_journey_with_one_notebook(lab: dict[str, str], journey: Journey, name: str) -> None:
    write_notebook(Path(lab["root"], name, "loop.ipynb"), ONE_NOTEBOOK[name])

    journey(name)


def test_two_runs_at_once(lab: dict[str, str], journey: Journey) -> None:
    for name in ("one", "other"):
        write_notebook(Path(lab["root"], "two", f"{name}.ipynb"), LOOP.format(name=name, steps=LONG))

    journey("two")


def test_the_panel_works_without_a_kernel_on_runs_of_another_process(lab: dict[str, str], journey: Journey) -> None:
    folder = Path(lab["root"], "panel")
    write_notebook(folder / "notes.ipynb", "1 + 1")
    for name in ("first", "second", "third"):
        path = record_run(folder, name)
        (folder / f"{name}.txt").write_text(str(path.relative_to(lab["root"])))

    journey("panel")


def test_the_eight_drawings_answer_to_mouse_and_keys(lab: dict[str, str], journey: Journey) -> None:
    subprocess.run(["npm", "run", "-s", "build:gallery"], cwd=EXTENSION, check=True, capture_output=True)

    journey("drawings")


def test_zooming_into_a_long_run_fetches_its_single_steps(lab: dict[str, str], journey: Journey) -> None:
    folder = Path(lab["root"], "zoomed")
    write_notebook(folder / "notes.ipynb", "1 + 1")
    record_run(folder, "long", steps=20_000)

    journey("zoomed")


def record_run(folder: Path, name: str, steps: int = 10) -> Path:
    """A finished run in `folder`'s own runs folder; gives the run's folder."""
    (folder / "ds_runs").mkdir(exist_ok=True)
    code = (
        f"import ds_notebook as ds\nwith ds.start_run({name!r}) as run:\n"
        f"    for step in run.steps(range({steps})): run.log(loss=1 / (step + 1))\nprint(run.record.path)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DS_RUNS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())
