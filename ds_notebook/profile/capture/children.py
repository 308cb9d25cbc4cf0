"""Processes that are forked in mid-profile: each takes samples of itself and writes them beside its parent's."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.sampler import Sampler, Write
from ds_notebook.profile.capture.tally import Tally
from ds_notebook.record.events import Stacks
from ds_notebook.record.run import Run

FLUSH_S = 0.25
"""Workers are often killed rather than asked to end: what is not written yet is lost."""
_MULTIPROCESSING = os.path.join("multiprocessing", "popen_fork.py")


@dataclass
class _Parent:
    run: Run
    places: Places
    sampler: Sampler
    rate_hz: float


_parent: _Parent | None = None


@contextmanager
def sampled_children(run: Run, places: Places, sampler: Sampler, rate_hz: float) -> Iterator[None]:
    """In this block a forked child goes on with a sampler of its own."""
    global _parent
    _parent = _Parent(run, places, sampler, rate_hz)
    try:
        yield
    finally:
        _parent = None


def _after_fork() -> None:
    """In the child: the parent's sampler did not come along, its record did, as an additional writer."""
    if _parent is None:
        return
    forking: FrameType | None = sys._getframe(1)
    if forking is not None and not forking.f_code.co_filename.endswith(_MULTIPROCESSING):
        forking = _parent.sampler.base  # the child goes on where the parent was
    _parent.sampler.let_go_of_collector()
    _parent.sampler.close()
    sampler = Sampler(
        Tally(_parent.places),
        _writer(_parent.run),
        rate_hz=_parent.rate_hz,
        base=forking,
        flush_s=FLUSH_S,
    )
    sampler.start()
    _stop_at_the_end(sampler)


def _writer(run: Run) -> Write:
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


def _stop_at_the_end(sampler: Sampler) -> None:
    """A child of multiprocessing ends without `atexit`, and forgets what was to be done at its end when it begins."""
    atexit.register(sampler.stop)
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(sampler, lambda begun: util.Finalize(None, begun.stop, exitpriority=0))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
