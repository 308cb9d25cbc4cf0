"""The figures of docs/soak.md that a browser measures; each trial prints its row."""

from __future__ import annotations

import faulthandler
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from tests.browser.conftest import LOOP, through, write_notebook
from tests.browser.packages import add_kernel, environment, install, packages
from tests.browser.server import Box, running
from tests.notebooks.test_notebooks import is_drawn
from tests.record.python import ROOT

pytestmark = pytest.mark.soak

PEERS = {
    "tqdm": """\
import time
from tqdm.notebook import tqdm

for step in tqdm(range(600)):
    time.sleep(0.1)
""",
    "plotly": """\
import time
import plotly.graph_objects as go
from IPython.display import display

figure = go.FigureWidget(data=[go.Scatter(y=[1.0])])
display(figure)
for step in range(1, 600):
    time.sleep(0.1)
    figure.data[0].y = [*figure.data[0].y, 2 / (step + 1)]
""",
}
"""The same minute as LOOP, shown by what lives in the cell."""
COMMS = "@jupyterlab/apputils-extension:kernels-settings"


def row(trial: str, count: object, result: str) -> None:
    """A row of docs/soak.md."""
    print(f"\n| {trial} | {count} | {result} | {time.strftime('%Y-%m-%d')} |")


def test_a_closed_tab_misses_nothing_where_a_bar_and_a_figure_in_the_cell_are_lost(
    browser: dict[str, str], tmp_path: Path
) -> None:
    box = Box(folder=tmp_path / "lab", packages=[packages(tmp_path / "plotly", "plotly")])
    found = {}
    with running(box) as server:
        for shows, code in {"run": LOOP.format(name="loop", steps=600), **PEERS}.items():
            write_notebook(Path(server["root"], shows, "loop.ipynb"), code)
            found[shows] = through(browser | server)("closed", folder=shows, shows=shows)
            row(f"closed tab, {shows}", 1, json.dumps(found[shows]))

    ours = found["run"]
    assert ours["liveAfterMs"] < 2000 and ours["stoppedAfterMs"] < 500
    assert ours["fault"] == "" and ours["recorded"] == ours["drawn"] == ours["lastDrawn"] + 1
    assert found["tqdm"]["liveAfterMs"] is found["plotly"]["liveAfterMs"] is None


@pytest.mark.parametrize("comms", ["perCommTarget", "disabled"])
@pytest.mark.parametrize("version", ["7.3.0", "7.4.0"])
def test_twenty_buttons_act_while_the_cell_is_busy_with_either_ipykernel(
    browser: dict[str, str], tmp_path: Path, version: str, comms: str
) -> None:
    kernel = packages(tmp_path / "kernel", f"ipykernel=={version}", dependencies=False)
    settings = {} if comms == "perCommTarget" else {COMMS: {"commsOverSubshells": comms}}  # the default
    name = "__import__('ipykernel').__version__"
    with running(Box(folder=tmp_path / "lab", packages=[kernel], settings=settings)) as server:
        code = LOOP.format(name="VERSION", steps=600).replace("'VERSION'", name)
        write_notebook(Path(server["root"], "buttons", "loop.ipynb"), code)
        found = through(browser | server)("buttons")

    row(f"20 buttons, ipykernel {found['ipykernel']}, commsOverSubshells {comms}", 20, json.dumps(found))
    assert found["ipykernel"] == version and found["comms"] == comms
    assert found["applied"] == 20 and found["p95Ms"] <= 300


ENDURING_S = int(os.environ.get("DS_SOAK_S", "1800"))
SETTLE_S = 30
MANY = f"""\
%load_ext ds_notebook
import time
import ds_notebook as ds

with ds.start_run("enduring", total_steps=60_000) as run:
    start_s = time.monotonic()
    for step in run.steps(range(60_000)):
        with run.span("work"):
            time.sleep(max(0.0, start_s + step * {ENDURING_S} / 60_000 - time.monotonic()))
        run.log(loss=2 / (step + 1), val_loss=3 / (step + 1), grad_norm=step % 7, lr=1 / (step + 9))
"""
"""A span a step is an event a step."""


def test_a_page_with_two_views_on_sixty_thousand_events_stays_small_and_quick(
    browser: dict[str, str], tmp_path: Path
) -> None:
    faulthandler.cancel_dump_traceback_later()  # it is meant to take so long
    with running(Box(folder=tmp_path / "lab")) as server:
        write_notebook(Path(server["root"], "enduring", "loop.ipynb"), MANY)
        found = through(browser | server)("enduring", limit_s=ENDURING_S + 300, settleMs=1000 * SETTLE_S)

    row(f"a page with two views, {ENDURING_S / 60:.0f} min", found["events"], json.dumps(found))
    assert found["events"] >= 60_000
    assert found["grownMegabytes"] < 30 and found["longestMs"] <= 100


NOTEBOOKS = ("quickstart", "own_loop", "resume", "profile", "schedule")


def test_every_picture_that_papermill_left_is_seen_in_html_and_in_the_lab_without_a_kernel(
    browser: dict[str, str], tmp_path: Path
) -> None:
    faulthandler.cancel_dump_traceback_later()  # five notebooks run, and are opened twice
    with running(Box(folder=tmp_path / "lab")) as server:
        root = Path(server["root"])
        saved = [papermill(name, root / "ran") for name in NOTEBOOKS]
        num_pictures = sum(pictures(path) for path in saved)
        shutil.copytree(root / "ran", root / "copied", ignore=shutil.ignore_patterns("ds_runs"))
        in_html = sum(pictures_in_html(path) for path in saved)
        through_lab = through(browser | server)
        beside = through_lab("stills", notebooks=[f"ran/{name}.ipynb" for name in NOTEBOOKS])
        alone = through_lab("stills", notebooks=[f"copied/{name}.ipynb" for name in NOTEBOOKS])

    row("stills: saved, in HTML, reopened, reopened without record", num_pictures, f"{in_html}, {beside}, {alone}")
    assert num_pictures == in_html == beside["seen"] == alone["seen"] > 0


def papermill(name: str, folder: Path) -> Path:
    """The notebook as papermill ran it in `folder`, its runs beside it."""
    (folder / "ds_runs").mkdir(parents=True, exist_ok=True)
    saved = folder / f"{name}.ipynb"
    command = [sys.executable, "-m", "papermill", "-k", "python3", "--no-progress-bar"]
    environment = {key: value for key, value in os.environ.items() if key != "DS_RUNS"} | {"OMP_NUM_THREADS": "1"}
    source = str(ROOT / "notebooks" / saved.name)
    subprocess.run([*command, source, str(saved)], cwd=folder, env=environment, check=True, capture_output=True)
    return saved


def pictures(path: Path) -> int:
    """Outputs with a picture; each must have a text of some words beside it."""
    outputs = [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]
    bundles = [output["data"] for output in outputs if "image/png" in output.get("data", {})]
    assert all(is_drawn(data["image/png"]) and len(data["text/plain"].split()) > 10 for data in bundles)
    return len(bundles)


def pictures_in_html(path: Path) -> int:
    """Pictures in nbconvert's page."""
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", str(path)], check=True, capture_output=True)
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "Loading widget" not in page and "model not found" not in page
    found = re.findall(r'<img[^>]*src="data:image/png;base64,([^"]+)"', page)
    assert all(is_drawn(picture) for picture in found)
    return len(found)


def test_notebook_7_draws_the_quickstart_live(browser: dict[str, str], tmp_path: Path) -> None:
    python = environment(tmp_path / "seven")
    install(python, "notebook==7.6.5")
    with running(Box(folder=tmp_path / "lab", app="notebook", python=python)) as server:
        train = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)
        cells = [cell.source for cell in train.cells if cell.cell_type == "code"]
        write_notebook(Path(server["root"], "seven", "quickstart.ipynb"), *[long(cell) for cell in cells])
        found = through(browser | server)("notebook7")

    row("Notebook 7.6.5, quickstart", 1, json.dumps(found))
    assert found["panel"] and found["errorsOfOurs"] == []


def long(cell: str) -> str:
    """More epochs than a visitor waits for."""
    return cell.replace("epochs = 20", "epochs = 1000")


def test_a_page_without_our_extension_shows_a_widget_and_in_the_end_the_picture(
    browser: dict[str, str], tmp_path: Path
) -> None:
    box = Box(folder=tmp_path / "lab", disabled=["ds-notebook"])
    session = {"JPY_SESSION_NAME": "loop-jvsc-1.ipynb"}  # as VS Code names it
    with running(box) as server:
        add_kernel("vscode", sys.executable, box.folder / "data" / "kernels", **session)
        write_notebook(box.root / "widget" / "loop.ipynb", LOOP.format(name="loop", steps=80), kernel="vscode")
        found = through(browser | server)("widget")

    row("a widget in a page without our extension", 1, json.dumps(found))


IN_A_ROW = int(os.environ.get("DS_SOAK_RUNS", "20"))
SHORT = ("test_journeys.py", "test_training.py", "test_profile_and_queue.py")


def test_all_journeys_of_make_test_pass_twenty_times_in_a_row() -> None:
    faulthandler.cancel_dump_traceback_later()  # it is meant to take so long
    files = [f"tests/browser/{name}" for name in SHORT]
    took_s = []
    for _ in range(IN_A_ROW):
        start_s = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", *files], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        took_s.append(round(time.monotonic() - start_s))
        print(f"run {len(took_s)}: {took_s[-1]} s, {done.stdout.strip().splitlines()[-1]}", flush=True)

    row("all journeys in a row", IN_A_ROW, f"{IN_A_ROW} passed, {min(took_s)} to {max(took_s)} s each")
