"""Where a program runs once more, as a copy, and what came of it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Protocol

import msgspec

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.trials.copied import ANSWER, Answer, Task
from ds_notebook.profile.trials.guard import REFUSED
from ds_notebook.profile.trials.values import Array, Plain, load


class Outcome(msgspec.Struct):
    """What one copy came to."""

    seconds: float = 0.0
    values: dict[str, Plain | Array] = {}
    unknown: list[str] = []
    """Names of kinds that are not compared."""
    refused: str = ""
    """What it was about to do and may not: "it writes a file (prog.py, line 12)"."""
    failed: str = ""
    """Any other reason for which its time says nothing."""


class Bench(Protocol):
    """Runs copies of one program."""

    goes_on: bool
    """Whether a copy begins with what the profiled run has left, not anew."""

    def objection(self, profile: Profile) -> str:
        """Why no copy can be run here; "" where it can."""

    def copy(self, task: Task, environment: dict[str, str], limit_s: float) -> bool:
        """Run a copy, which answers in the task's folder; False where it had to be killed at the limit."""


def run_on(bench: Bench, task: Task, environment: dict[str, str], limit_s: float) -> Outcome:
    """Run one copy to its end and read what it left; its folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ds-trial-") as folder:
        in_time = bench.copy(msgspec.structs.replace(task, folder=folder), environment, limit_s)
        return _read(Path(folder), in_time, limit_s)


def _read(folder: Path, in_time: bool, limit_s: float) -> Outcome:
    if (refused := folder / REFUSED).exists():
        said = json.loads(refused.read_text())
        place = f" ({said['where']})" if said["where"] else ""
        return Outcome(refused=f"it {said['what']}{place}")
    if not in_time:
        return Outcome(failed=f"it had not ended after {limit_s:.0f} s")
    if not (folder / ANSWER).exists():
        return Outcome(failed="its process died")
    answer = msgspec.json.decode((folder / ANSWER).read_bytes(), type=Answer)
    if answer.cannot or answer.error:
        return Outcome(failed=answer.cannot or answer.error)
    return Outcome(seconds=answer.seconds, values=load(folder), unknown=answer.unknown)
