"""Processes that begin in mid-profile: each takes samples of itself and writes them beside its parent's."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.sampler import Sampler
from ds_notebook.profile.capture.spawned import sampled_spawned
from ds_notebook.profile.capture.tally import Tally
from ds_notebook.profile.capture.writer import FLUSH_S, writer
from ds_notebook.record.run import Run

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
    """In this block a child of this process has a sampler of its own."""
    global _parent
    _parent = _Parent(run, places, sampler, rate_hz)
    try:
        with sampled_spawned(run, rate_hz):
            yield
    finally:
        _parent = None


def _after_fork() -> None:
    """In the child: the parent's sampler did not come along, its record did, as an additional writer."""
    if _parent is None:
        return
    forking: FrameType | None = sys._getframe(1)
    if forking is not None and not forking.f_code.co_filename.endswith(_MULTIPROCESSING):
        forking = _parent.sampler.samples.base  # the child goes on where the parent was
    _parent.sampler.close()
    sampler = Sampler(
        Tally(_parent.places),
        writer(_parent.run),
        rate_hz=_parent.rate_hz,
        base=forking,
        flush_s=FLUSH_S,
    )
    sampler.start()
    _stop_at_the_end(sampler)


def _stop_at_the_end(sampler: Sampler) -> None:
    """A child of multiprocessing ends without `atexit`, and forgets what was to be done at its end when it begins."""
    atexit.register(sampler.stop)
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.register_after_fork(sampler, lambda begun: util.Finalize(None, begun.stop, exitpriority=0))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
