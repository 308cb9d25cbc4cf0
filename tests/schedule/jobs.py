"""Small jobs of real processes, and what they leave."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ds_notebook.schedule.attempt import Attempt, Outcome, evidence_of, outcome_of, write_attempt
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.state import Placement


def shell(id: str, script: str, **more: Any) -> JobSpec:
    """A job of a few milliseconds."""
    return JobSpec(id=id, name=id, kind="command", command=["/bin/sh", "-c", script], **more)


def python(id: str, code: str, **more: Any) -> JobSpec:
    return JobSpec(id=id, name=id, kind="command", command=[sys.executable, "-c", code], **more)


def start_wrapper(folder: Path, spec: JobSpec, number: int = 1, **placed: Any) -> subprocess.Popen[bytes]:
    write_attempt(folder, Attempt(spec=spec, number=number, placement=Placement(**placed), grace_s=0.3))
    command = [sys.executable, "-m", "ds_notebook.schedule.wrapper", str(folder), str(number)]
    return subprocess.Popen(command, start_new_session=True, env=os.environ | {"DS_SCHEDULER": str(folder.parent)})


def outcome(folder: Path, number: int = 1) -> Outcome | None:
    evidence = evidence_of(folder, number)
    return outcome_of(evidence, folder) if evidence else None


def run(folder: Path, spec: JobSpec, number: int = 1, **placed: Any) -> Outcome | None:
    """The job through its wrapper, to the end."""
    with start_wrapper(folder, spec, number, **placed):
        pass
    return outcome(folder, number)


def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)
