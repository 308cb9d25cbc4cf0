"""The profiler's and the scheduler's magics in a real JupyterLab."""

from __future__ import annotations

import os
from pathlib import Path

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
%ds_schedule submit --name greeting --cpus 0.1 --priority 1 -- python -c "print('hello')"
"""
"""The first leaves too little room for the second; the third shares what is left."""


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

    assert states == {"endless": ("cancelled", 0), "patient": ("cancelled", 2), "greeting": ("succeeded", 1)}
