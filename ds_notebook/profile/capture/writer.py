"""How a child process writes what was seen of it: beside its parent's events, under its own name."""

from __future__ import annotations

import os
import sys

from ds_notebook.profile.capture.sampler import Write
from ds_notebook.record.events import Stacks
from ds_notebook.record.run import Run

FLUSH_S = 0.25
"""Workers are often killed rather than asked to end: what is not written yet is lost."""


def writer(run: Run) -> Write:
    """Writes into `run` what a sampler of this process saw."""

    def write(events: list[Stacks]) -> None:
        for event in events:
            event.lane = _name() if event.lane == "main" else f"{_name()} {event.lane}"
            run.emit(event)

    return write


def _name() -> str:
    """What kind of process this is, as far as the library that made it says."""
    worker = getattr(sys.modules.get("torch.utils.data._utils.worker"), "_worker_info", None)
    if worker is not None:
        return f"process {os.getpid()} loader worker {worker.id}"
    process = sys.modules.get("multiprocessing.process")
    current = process.current_process() if process else None
    return f"process {os.getpid()}" + (f" {current.name}" if current and current.name != "MainProcess" else "")
