"""A script runs again in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ds_notebook.profile.apart import parted
from ds_notebook.profile.folded import Profile
from ds_notebook.profile.trials import landlock
from ds_notebook.profile.trials.copied import Task
from ds_notebook.profile.trials.ended import wait_and_end

TASK = "task.json"
"""In the copy's folder."""


class ScriptBench:
    """Runs the program that `words` name: `python program.py ...`."""

    goes_on = False

    def __init__(self, words: Sequence[str]) -> None:
        self._python, self._options, self._program = parted(words)

    def objection(self, profile: Profile) -> str:
        """Linux alone forbids a process to write."""
        can = landlock.version() > 0
        return "" if can else "this system cannot keep a copy of a program apart (Linux 5.13 with Landlock can)"

    def copy(self, task: Task, environment: dict[str, str], limit_s: float) -> bool:
        """Run it; the order of sets is the same in each copy."""
        told = Path(task.folder, TASK)  # not an argument: those end at 128 kB, a source need not
        told.write_bytes(msgspec.json.encode(task))
        child = subprocess.Popen(
            [self._python, *self._options, "-m", "ds_notebook.profile.trials.child", str(told), *self._program],
            env={"PYTHONHASHSEED": "0", **os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        in_time = wait_and_end(child.pid, limit_s)
        child.wait()
        return in_time
