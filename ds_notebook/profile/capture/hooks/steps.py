"""Steps of training loops that ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ds_notebook import start
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.record.run import Run


@contextmanager
def steps(scope: Scope) -> Iterator[None]:
    """Counts the steps of the runs that are started meanwhile."""
    runs: list[Run] = []
    begin = runs.append
    start.announce.append(begin)
    try:
        yield
    finally:
        start.announce.remove(begin)
        scope.found.num_steps = sum(run.num_steps for run in runs)
