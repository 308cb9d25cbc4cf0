"""The profiler's and the scheduler's magics in a real JupyterLab."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ds_notebook.schedule import Schedule
from tests.browser.conftest import Journey, through, write_notebook
from tests.browser.server import Box, running

SETUP = """\
%load_ext ds_notebook
import sqlite3
db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE parts (id INTEGER PRIMARY KEY, price REAL)")
db.executemany("INSERT INTO parts VALUES (?, ?)", ((i, i / 7) for i in range(60_000)));
"""
SLOW = """\
%%ds_profile
total = 0.0
for part in range(60_000):
    total += db.execute("SELECT price FROM parts WHERE id = ?", (part,)).fetchone()[0]
"""
QUEUE = """\
%load_ext ds_notebook
from ds_notebook.schedule import submit
submit(["sleep", "600"], name="endless", cpus=1)
submit(["sleep", "600"], name="patient", cpus={cores})
submit(["true"], name="nightly", every="0 3 * * *")
%ds_schedule submit --name greeting --cpus 0.1 --priority 1 -- python -c "print('hello')"
"""
"""The first leaves too little room for the second; the last shares what is left."""
ORDERED = """\
%load_ext ds_notebook
from ds_notebook.schedule import submit
for number in range(10):
    submit(["sleep", "600"], id=f"wait-{{number}}", cpus={cores})
%ds_schedule
"""


def test_a_profiled_cell_says_what_is_slow_and_where(lab: dict[str, str], journey: Journey) -> None:
    write_notebook(Path(lab["root"], "profiled", "slow.ipynb"), SETUP, SLOW)

    journey("profiled")


def test_a_queue_is_watched_and_ordered_where_its_cell_is_and_in_the_panel(
    browser: dict[str, str], tmp_path: Path
) -> None:
    scheduler = tmp_path / "scheduler"
    box = Box(folder=tmp_path / "lab", environment={"DS_SCHEDULER": str(scheduler)})
    with running(box) as server:
        write_notebook(box.root / "queued" / "queue.ipynb", QUEUE.format(cores=len(os.sched_getaffinity(0))))
        try:
            through(browser | server)("queued")
            states = {job.name: (job.state, job.priority) for job in Schedule(scheduler).jobs()}
        finally:
            Schedule(scheduler).stop(jobs=True)

    assert states == {
        "endless": ("cancelled", 0),
        "patient": ("cancelled", 2),
        "nightly": ("cancelled", 0),
        "greeting": ("succeeded", 1),
    }


@pytest.mark.soak
def test_orders_to_jobs_are_answered_and_shown_while_one_looks(browser: dict[str, str], tmp_path: Path) -> None:
    scheduler = tmp_path / "scheduler"
    with running(Box(folder=tmp_path / "lab", environment={"DS_SCHEDULER": str(scheduler)})) as server:
        write_notebook(
            Path(server["root"], "ordered", "queue.ipynb"), ORDERED.format(cores=len(os.sched_getaffinity(0)))
        )
        try:
            found = through(browser | server)("ordered", scheduler=str(scheduler))
        finally:
            Schedule(scheduler).stop(jobs=True)

    print(f"20 orders to jobs: {json.dumps(found)}")
    assert found["answered"]["p95Ms"] <= 500
