"""Which of the user's functions are called again with what they had been given before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType

from ds_notebook.profile.capture.hooks.arguments import arguments, fingerprint, is_traced, seen_in_full
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.profile.observed import Repeats

EVERY_S = 0.1
AT_ONCE = 3
"""Looks one right after the other: a call that comes again may do so only for a while."""
MOST_FUNCTIONS = 200
MOST_ARGUMENTS = 5000
"""Different arguments of a function that are remembered."""
DEEPEST = 64
_COMPUTE = tuple(os.path.join("site-packages", package, "") for package in ("numpy", "scipy"))
"""Of their functions the first below a line of the user's is looked at, too."""


class _Calls:
    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.calls = 0
        self.repeated = 0
        self.seen: set[int] = set()


class _Turns:
    """Which looks are to be taken."""

    def __init__(self) -> None:
        self._begins_s = 0.0
        self._left = 0

    def take(self, now_s: float) -> bool:
        if now_s >= self._begins_s:
            self._begins_s, self._left = now_s + EVERY_S, AT_ONCE
        self._left -= 1
        return self._left >= 0


@contextmanager
def repeats(scope: Scope) -> Iterator[None]:
    """Looks at the calls that samples find under way: of short ones a part is seen, and it tells for all."""
    calls: dict[int, _Calls] = {}
    turns = _Turns()

    def look_for_repeats(frame: FrameType, now_s: float) -> None:
        if not turns.take(now_s):
            return
        walked: FrameType | None = frame
        if is_traced(frame):
            _unmark(frame)
            return
        below: FrameType | None = None
        for _depth in range(DEEPEST):
            if walked is None:
                return
            code = walked.f_code
            is_users = scope.places.is_users(code)
            if is_users and below is not None and _is_call(below) and _computes(below):
                _note(calls, below)
            if walked.f_trace_opcodes:  # marked: seen before, and what called it too
                return
            if is_users and code.co_name != "<module>" and _is_call(walked):
                _note(calls, walked)
            # Tells this call from the next one of the same function, without keeping the frame alive: the mark lives
            # and dies with the call. It only means something to a tracer: where one is at work it is taken back.
            walked.f_trace_opcodes = True
            below = None if is_users else walked
            walked = walked.f_back

    scope.sampler.looks.add(0.0, look_for_repeats)  # it takes turns by itself
    try:
        yield
    finally:
        scope.found.repeats = [
            Repeats(
                function=scope.places.text(each.code, each.code.co_firstlineno),
                calls=each.calls,
                repeated=each.repeated,
                arguments=len(each.seen),
            )
            for each in calls.values()
        ]


def _unmark(frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_trace_opcodes:
            frame.f_trace_opcodes = False
        frame = frame.f_back


def _is_call(frame: FrameType) -> bool:
    """A function's own body; a generator is resumed, not called again, and a comprehension is part of its function."""
    return not frame.f_code.co_flags & 0x2A0 and not frame.f_code.co_name.startswith("<")


def _computes(frame: FrameType) -> bool:
    """Whether it is a library's function that gives the same for the same, and so little that all of it is looked at:
    nothing is known of what its caller may have changed."""
    return any(folder in frame.f_code.co_filename for folder in _COMPUTE) and seen_in_full(arguments(frame))


def _note(calls: dict[int, _Calls], frame: FrameType) -> None:
    code = frame.f_code
    each = calls.get(id(code))
    if each is None:
        if len(calls) >= MOST_FUNCTIONS:
            return
        each = calls[id(code)] = _Calls(code)
    each.calls += 1
    mark = fingerprint(arguments(frame), code)
    if mark is None:
        return
    if mark in each.seen:
        each.repeated += 1
    elif len(each.seen) < MOST_ARGUMENTS:
        each.seen.add(mark)
