"""Calls of serializers as they are counted: by function and by the user's line."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FrameType
from typing import Any, NamedTuple

from ds_notebook.profile.capture.hooks.encoders import speedups
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.observed import Encoding

MOST_LINES = 500
KEPT = (1, 8, 64)
"""Calls of a line whose text is kept until the end of the profile, when other encoders are tried on it."""
MOST_BYTES = 256_000
LONG_S = 0.1
"""In all its calls: for less no other encoder is tried."""
MOST_MEASURED = 5
"""Lines, those that took longest."""
_TRANSPORTS = frozenset("cloudpickle concurrent dask distributed joblib multiprocessing ray torch".split())
"""Packages that send objects from process to process, as they must."""


class _Site(NamedTuple):
    function: str
    code: CodeType
    line: int


class _Counts:
    __slots__ = ("calls", "payloads", "seconds", "site", "size_bytes")

    def __init__(self, site: _Site) -> None:
        self.site = site
        self.calls = 0
        self.seconds = 0.0
        self.size_bytes = 0
        self.payloads: list[str | bytes] = []


class Encodings:
    """Counts by line; see `timed`."""

    def __init__(self, places: Places) -> None:
        self.ended = False
        self._places = places
        self._counts: dict[tuple[str, int, int], _Counts] = {}

    def of(self, function: str, frame: FrameType | None) -> _Counts | None:
        """The counts of the user's line at or above `frame`; None where it is not the user's to change."""
        if frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] in _TRANSPORTS:
            return None
        frame = self._places.users_frame(frame)
        if frame is None:
            return None
        key = (function, id(frame.f_code), frame.f_lasti)
        counts = self._counts.get(key)
        if counts is None and len(self._counts) < MOST_LINES:
            counts = self._counts[key] = _Counts(_Site(function, frame.f_code, frame.f_lineno))
        return counts

    def all(self) -> list[Encoding]:
        """Longest first; instructions of one line are one. Nothing is counted any more."""
        self.ended = True
        merged: dict[tuple[str, str], Encoding] = {}
        payloads: dict[tuple[str, str], list[str | bytes]] = {}
        for counts in list(self._counts.values()):
            function, code, line = counts.site
            site = self._places.text(code, line)
            into = merged.setdefault(
                (function, site), Encoding(function=function, site=site, count=0, seconds=0.0, size_bytes=0)
            )
            into.count += counts.calls
            into.seconds += counts.seconds
            into.size_bytes += counts.size_bytes
            payloads.setdefault((function, site), []).extend(counts.payloads)
        longest = sorted(merged.values(), key=lambda encoding: -encoding.seconds)
        for each in longest[:MOST_MEASURED]:
            if each.seconds >= LONG_S:
                each.alternatives = speedups(each.function, payloads[each.function, each.site][: len(KEPT)])
        return longest


def timed(call: Callable[..., Any], function: str, counted: Encodings) -> Any:
    """`call`, counted under the name `function` for the user's line that leads to it."""
    clock, writes = time.perf_counter, "dump" in function

    @functools.wraps(call)
    def counting(*args: Any, **kwargs: Any) -> Any:  # as the serializer's own
        if counted.ended:  # whoever took it by name meanwhile still has it
            return call(*args, **kwargs)
        began_s = clock()
        result = call(*args, **kwargs)
        seconds = clock() - began_s
        counts = counted.of(function, sys._getframe(1))
        if counts is not None:
            counts.calls += 1
            counts.seconds += seconds
            text = next((each for each in (result, *args[:2]) if isinstance(each, str | bytes)), "")
            counts.size_bytes += len(text)
            payload = result if writes else args[0] if args else None
            if counts.calls in KEPT and isinstance(payload, str | bytes) and len(payload) < MOST_BYTES:
                counts.payloads.append(payload)
        return result

    if isinstance(call, BuiltinFunctionType):
        # a class for each, so that no frame of ours comes between `counting` and its caller
        return type("_Counted", (_Builtin,), {"__call__": staticmethod(counting)})(call)
    return counting


class _Builtin:
    """Stands for a function written in C: as an attribute of a class it is no method, and it is pickled as itself."""

    def __init__(self, call: Callable[..., Any]) -> None:
        functools.update_wrapper(self, call)  # type: ignore[arg-type]  # each of its classes has a `__call__`
        self._call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self._call,)


def _itself(call: Callable[..., Any]) -> Callable[..., Any]:
    return call
