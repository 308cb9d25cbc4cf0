"""The threads whose stacks are taken: the main one, and those of the user's that come and go."""

from __future__ import annotations

import threading
from contextlib import suppress
from types import FrameType

from ds_notebook.profile.capture.threads import Watched, begins, is_standing, watched

MAIN = "main"
RECOUNT = 10
"""Samples after which threads are counted anew, though there are as many as before."""


class Watchlist:
    """Made by the thread that is to be the main one."""

    def __init__(self) -> None:
        self.main = threading.get_ident()
        self.profiler = 0
        """The thread of the profiler's own."""
        self.watched: dict[int, Watched] = {}
        self._standing: set[int] = set()
        """Threads of the kernel's own, and ours."""
        self._num_threads = 0
        self._samples = 0

    def begin(self) -> None:
        """The main thread's clock runs from here."""
        self.watched[self.main] = Watched(MAIN, threading.get_native_id())

    def count(self, frames: dict[int, FrameType]) -> None:
        """Forget those that have ended, meet those that were not there before: their time counts from here on.

        Only where there are more or fewer threads than at the last count, or it was long ago.
        """
        self._samples += 1
        if len(frames) == self._num_threads and self._samples % RECOUNT:
            return
        for ident in self.watched.keys() - frames.keys():
            self.forget(ident)
        self._standing &= frames.keys()
        for ident in frames.keys() - self.watched.keys() - self._standing:
            frame = frames[ident]
            if begins(frame):
                continue
            if ident == self.profiler or is_standing(frame):
                self._standing.add(ident)
            else:
                with suppress(OSError):  # it has ended since
                    self.watched[ident] = watched(ident, {each.lane for each in self.watched.values()})
        self._num_threads = len(self.watched) + len(self._standing)

    def forget(self, ident: int) -> None:
        """A thread that has ended."""
        self.watched.pop(ident).close()

    def close(self) -> None:
        """Give back the files of the threads."""
        for each in self.watched.values():
            each.close()
