"""How long the garbage collector held everything up."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ds_notebook.profile.capture.scope import Scope

WORTH_COUNTING = 0.01
"""Objects are only counted where pauses took this share of the time: it takes 50 ms for half a million."""


@contextmanager
def gc_pauses(scope: Scope) -> Iterator[None]:
    """Counts collections and their seconds by `gc.callbacks`."""
    entered_s, began_s = time.perf_counter(), 0.0
    counted = scope.found.gc

    def hear(phase: str, info: dict[str, int]) -> None:
        nonlocal began_s
        if phase == "start":
            began_s = time.perf_counter()
            return
        pause_s = time.perf_counter() - began_s
        counted.collections += 1
        if _imports(frame := sys._getframe(1)):  # a part of what the import takes
            return
        counted.seconds += pause_s
        counted.longest_s = max(counted.longest_s, pause_s)
        if info["generation"] and (line := scope.places.site(frame)):  # young objects are in no line's way
            counted.by_line[line] = counted.by_line.get(line, 0.0) + pause_s

    gc.callbacks.append(hear)
    try:
        yield
    finally:
        gc.callbacks.remove(hear)
        if counted.seconds > WORTH_COUNTING * (time.perf_counter() - entered_s):
            counted.objects = len(gc.get_objects())


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
