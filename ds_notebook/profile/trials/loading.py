"""How long a program takes to load libraries, which its trial leaves out: no remedy but one for imports changes it."""

from __future__ import annotations

import builtins
import importlib.util
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ds_notebook.profile.capture.places import Places


class Loading:
    """Seconds so far, of the thread that began it."""

    def __init__(self, places: Places) -> None:
        self.seconds = 0.0
        self._is_library = cache(lambda top: _is_library(places, top))
        self._thread = threading.get_ident()
        self._is_inside = False

    def counts(self, name: str, level: int) -> bool:
        """Whether an import is to be timed: a library's, not loaded yet, and no part of one that is being timed."""
        if self._is_inside or level or name in sys.modules or threading.get_ident() != self._thread:
            return False
        return self._is_library(name.partition(".")[0])

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Around one import."""
        self._is_inside, began_s = True, time.perf_counter()
        try:
            yield
        finally:
            self._is_inside = False
            self.seconds += time.perf_counter() - began_s


@contextmanager
def loading_timed(places: Places) -> Iterator[Loading]:
    """In this block imports of libraries are timed; those of the user's own modules are part of the program."""
    loading, plain = Loading(places), builtins.__import__

    def timed(name: str, *rest: Any, **named: Any) -> Any:  # as `__import__` takes and gives
        level = named.get("level", rest[3] if len(rest) > 3 else 0)
        if not loading.counts(name, level):
            return plain(name, *rest, **named)
        with loading.timed():
            return plain(name, *rest, **named)

    builtins.__import__ = timed
    try:
        yield loading
    finally:
        builtins.__import__ = plain


def _is_library(places: Places, top: str) -> bool:
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # the program's import will say so itself
        return False
    if spec is None:
        return False
    origin = spec.origin if spec.has_location else next(iter(spec.submodule_search_locations or ()), None)
    return origin is None or places.look_up(origin).whose != "users"
