"""The real speedscope on a profile of ours, in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.browser.conftest import Journey, write_notebook

RECORD = """
import ds_notebook as ds
from ds_notebook.record.events import Stacks
with ds.start_run("prog.py", kind="profile", config={"rate_hz": 100}) as run:
    for _ in range(20):
        run.emit(Stacks(
            frames=["<module> (prog.py:9)", "busy_function (prog.py:3)", "rest (prog.py:6)"],
            stacks=[[0, 1], [0, 2]], weights_s=[0.06, 0.04], order=[0, 1, 0], gaps_s=[0.03, 0.04, 0.03],
        ))
"""


def test_a_profile_opens_in_the_real_speedscope(lab: dict[str, str], journey: Journey) -> None:
    folder = Path(lab["root"], "speedscope")
    write_notebook(folder / "notes.ipynb", "1 + 1")
    environment = {name: value for name, value in os.environ.items() if name != "DS_RUNS"}
    subprocess.run([sys.executable, "-c", RECORD], cwd=folder, env=environment, check=True)

    journey("speedscope")
