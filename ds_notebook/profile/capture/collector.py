"""Looks at frames while no memory is collected."""

from __future__ import annotations

import gc
from collections.abc import Callable


class Collector:
    """Holds Python's collector for the moment of a look.

    Before 3.12 the allocation of a frame object may start a collection, in it a library's destructor may let go of the
    GIL (torch's do), and the thread that is being looked at goes on: Python then writes into a frame that is no more.
    A training crashed within seconds.
    """

    def __init__(self) -> None:
        self._is_held = False

    def hold_for(self, look: Callable[[], None]) -> None:
        """Call `look`."""
        if not gc.isenabled():
            look()
            return
        gc.disable()
        self._is_held = True
        try:
            look()
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Also for a child that was forked in the middle of a look, where no thread is left to do it."""
        if self._is_held:
            self._is_held = False
            gc.enable()
