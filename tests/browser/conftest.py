"""A JupyterLab of this test run's own, and a way to send a browser through it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import nbformat
import pytest

from tests.browser.server import EXTENSION, Box, running
from tests.record.python import ROOT

HERE = Path(__file__).parent
SHOTS = Path(os.environ.get("DS_SCREENSHOTS", ROOT / "tests" / "browser" / "screenshots"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
JOURNEY_S = 150

LOOP = """\
%load_ext ds_notebook
import time
import ds_notebook as ds

lr = 0.01
with ds.start_run({name!r}, total_steps={steps}) as run:
    for step in run.steps(range({steps})):
        for command in run.poll():
            lr = getattr(command, "value", lr)
            run.answer(command)
        time.sleep(0.1)
        run.log(loss=2 / (step + 1), lr=lr)
"""
"""Ten steps a second, as a loop of one's own."""


class Journey(Protocol):
    """Sends a browser on a journey of journeys/, with what else it should know; gives what the journey returns."""

    def __call__(self, name: str, *, limit_s: float = JOURNEY_S, **more: object) -> Any: ...


def missing() -> str:
    """Why no browser can be sent through a JupyterLab here; empty if it can."""
    if find_spec("jupyterlab") is None or find_spec("ds_notebook.lab") is None:
        return "JupyterLab and the server half are needed: pip install 'ds-notebook[notebook]'."
    if CHROMIUM is None:
        return "Chromium is needed: apt install chromium."
    if shutil.which("node") is None or not (EXTENSION / "node_modules" / "playwright-core").is_dir():
        return "Node and the extension's packages are needed: cd labextension && npm ci."
    if not (EXTENSION / "dist" / "package.json").is_file():
        return "The extension is not built: cd labextension && npm run build."
    return ""


def write_notebook(path: Path, *cells: str, kernel: str = "python3") -> None:
    """A notebook of code cells, not run, whose runs will lie beside it whatever runs folders there are above."""
    (path.parent / "ds_runs").mkdir(parents=True, exist_ok=True)
    about = {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)], metadata=about), path)


@pytest.fixture(scope="session")
def browser() -> dict[str, str]:
    """What a journey knows of this machine; skips where no browser can be sent."""
    if reason := missing():
        pytest.skip(reason)
    SHOTS.mkdir(parents=True, exist_ok=True)
    return {"shots": str(SHOTS), "executablePath": CHROMIUM or ""}


@pytest.fixture(scope="session")
def lab(browser: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Address, token and root folder of a running JupyterLab; all that it keeps lies in a fresh folder."""
    with running(Box(folder=tmp_path_factory.mktemp("lab"))) as server:
        yield browser | server


@pytest.fixture
def journey(lab: dict[str, str]) -> Journey:
    """Journeys through the JupyterLab that this test run shares."""
    return through(lab)


def through(lab: Mapping[str, str]) -> Journey:
    """Journeys through `lab`; one that fails does so with what it printed."""

    def run(name: str, *, limit_s: float = JOURNEY_S, **more: object) -> Any:
        done = subprocess.run(
            ["node", "run.mjs", name],
            cwd=HERE,
            env=os.environ | {"DS_JOURNEY": json.dumps({**lab, **more})},
            capture_output=True,
            text=True,
            timeout=limit_s,
        )
        print(done.stdout)
        assert done.returncode == 0, done.stdout + done.stderr
        told = [line.removeprefix("RESULT ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        return json.loads(told[-1]) if told else None

    return run
