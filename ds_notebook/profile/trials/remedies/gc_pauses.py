"""gc-pauses: the garbage collector leaves alone what is there, and looks less often at what comes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedy import Remedy

OBJECTS = 100_000
"""New ones before the youngest are looked at; Python's own number is 700, from 3.12 on 2000."""


class LessOften(Remedy):
    """`gc.freeze()`, a higher threshold, and no effect of the program's own `gc.collect()`."""

    code = "gc-pauses"

    def words(self, found: Found) -> str:
        return f"Collecting every {OBJECTS:,} objects"

    @contextmanager
    def applied(self, found: Found) -> Iterator[None]:
        before, collect = gc.get_threshold(), gc.collect
        gc.freeze()
        gc.set_threshold(OBJECTS, 50, 1000)
        gc.collect = lambda generation=2: 0
        try:
            yield
        finally:
            gc.collect = collect
            gc.set_threshold(*before)
            gc.unfreeze()


REMEDY = LessOften()
