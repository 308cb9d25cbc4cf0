"""Looks at the user's program that hooks ask for, each once in a while."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

FADE_S = 5.0
"""What a program works on is learned in its first seconds; from then on the time between two looks grows with it."""

Look = Callable[[FrameType, float], None]
"""Given the main thread's innermost frame and the time of `perf_counter`."""


@dataclass
class _Timed:
    look: Look
    every_s: float
    due_s: float = 0.0


class Looks:
    """What is due at a time is called; one that fails is not called again."""

    def __init__(self, remarks: list[str]) -> None:
        """`remarks` takes a sentence for each look that fails."""
        self._remarks = remarks
        self._looks: list[_Timed] = []
        self._next_s = math.inf
        self._began_s: float | None = None

    def add(self, every_s: float, look: Look) -> None:
        """Call `look` at most so often, the first time at once, and later ever more seldom; with 0 at each sample."""
        self._looks.append(_Timed(look, every_s))
        self._next_s = 0.0

    def are_due(self, now_s: float) -> bool:
        """Whether there is anything to call."""
        return now_s >= self._next_s

    def call(self, main: FrameType, now_s: float) -> None:
        """All that are due."""
        if self._began_s is None:
            self._began_s = now_s
        fading = max(1.0, (now_s - self._began_s) / FADE_S)
        for each in self._looks[:]:
            if now_s < each.due_s:
                continue
            each.due_s = now_s + each.every_s * fading
            try:
                each.look(main, now_s)
            except Exception as error:  # what a look met in the user's objects ends that look alone
                self._looks.remove(each)
                name = getattr(each.look, "__qualname__", type(each.look).__name__)
                self._remarks.append(f"{name} gave up: {type(error).__name__}: {error}.")
        self._next_s = min((each.due_s for each in self._looks), default=math.inf)
