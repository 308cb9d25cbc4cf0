"""The threads whose stacks are taken: the main one, and those of the user's that come and go."""

from __future__ import annotations

import _thread
import threading
from contextlib import suppress
from types import FrameType

from ds_notebook.profile.capture.threads import Watched, begins, is_standing, watched

MAIN = "main"
RECOUNT = 10
"""Samples after which threads are counted anew, though there are as many as before."""


class Watchlist:
    """Made by the thread that is to be the main one. Its methods are not to run at once in two threads."""

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

    def count_is_due(self) -> bool:
        """Whether threads have begun or ended since they were counted, or it was long ago; asked once a sample."""
        self._samples += 1
        return self._samples % RECOUNT == 0 or _thread._count() != self._num_threads

    def count(self, frames: dict[int, FrameType]) -> None:
        """Forget those that have ended, meet those that were not there before: their time counts from here on."""
        for ident in self.watched.keys() - frames.keys():
            self.forget(ident)
        self._standing &= frames.keys()
        all_have_begun = True
        for ident in frames.keys() - self.watched.keys() - self._standing:
            frame = frames[ident]
            if begins(frame):
                all_have_begun = False
            elif ident == self.profiler or is_standing(frame):
                self._standing.add(ident)
            else:
                with suppress(OSError):  # it has ended since
                    self.watched[ident] = watched(ident, {each.lane for each in self.watched.values()})
        self._num_threads = _thread._count() if all_have_begun else -1

    def forget(self, ident: int) -> None:
        """A thread that has ended."""
        self.watched.pop(ident).close()

    def close(self) -> None:
        """Give back the files of the threads."""
        for each in self.watched.values():
            each.close()
