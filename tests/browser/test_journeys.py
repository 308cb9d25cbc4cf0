"""What a person does in JupyterLab, done by a real browser in a real JupyterLab."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import LOOP, Journey, through, write_notebook
from tests.browser.packages import SERVER, add_kernel, environment
from tests.browser.server import EXTENSION, Box, running

LONG, SHORT = 600, 5
"""Steps: a minute, half a second."""
HTML = '<img src=x onerror="window.hacked=1">'

ONE_NOTEBOOK = {
    "live": LOOP.format(name="loop", steps=LONG),
    "reopened": LOOP.format(name="loop", steps=LONG),
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


def test_a_killed_run_is_lost_and_the_same_after_the_server_was_restarted(
    browser: dict[str, str], tmp_path: Path
) -> None:
    box = Box(folder=tmp_path / "lab")
    with running(box) as server:
        write_notebook(box.root / "killed" / "loop.ipynb", LOOP.format(name="loop", steps=LONG))
        found = through(browser | server)("killed")
    with running(box) as server:
        through(browser | server)("restarted", title=found["title"])

    assert found["lostAfterMs"] < 5000


def test_a_kernel_of_another_environment_than_the_servers(lab: dict[str, str], journey: Journey) -> None:
    box = Path(lab["root"]).parent
    add_kernel("other", environment(box / "other", without=SERVER), box / "data" / "kernels")
    code = LOOP.format(name="no server half", steps=LONG)
    write_notebook(
        Path(lab["root"], "foreign", "loop.ipynb"),
        "import importlib.util\nassert importlib.util.find_spec('jupyter_server') is None",
        code,
        kernel="other",
    )

    journey("foreign")


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
    code = (
        f"import ds_notebook as ds\nwith ds.start_run({name!r}) as run:\n"
        f"    for step in run.steps(range({steps})): run.log(loss=1 / (step + 1))\nprint(run.record.path)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DS_RUNS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())
