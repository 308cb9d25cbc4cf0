"""How soon the thread that runs is asked to let the sampler look."""

from __future__ import annotations

import ctypes
import math
import sys

SOON_S = 1e-4
"""Code that gives the GIL up each half a millisecond is then seen there by 5 points too much, by 3 with half of it.
With a hundredth, the sampler's thread takes three times as much of a core."""


NAME = b"ds-profile"
"""Of the sampler's thread, for the system: 15 letters at most."""
_PR_SET_NAME, _PR_SET_TIMERSLACK = 15, 29


def wake_in_time() -> None:
    """Have Linux wake the calling thread when its time has come, not up to 50 microseconds later, and call it by `NAME`
    (prctl(2)).

    With those, code that gives the GIL up each third of a millisecond was seen there 33 points too much, without 16.
    """
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_TIMERSLACK, 1, 0, 0, 0)
        prctl(_PR_SET_NAME, NAME, 0, 0, 0)


class Turn:
    """Holds Python's switch interval short while the user's code runs in one thread.

    Who wants the GIL asks for it only after a whole interval (5 ms) in which nobody gave it up. Code that gives it up
    for a moment each half a millisecond, for a hash or a small write, is never asked: the sampler comes in at those
    moments or not at all. Seen here: one sample in four seconds, at a line that takes 1% of the time. Where several
    threads compute, they would change places as often, so there the interval stays what it was.
    """

    def __init__(self) -> None:
        self._before_s: float | None = None

    def take(self, *, alone: bool) -> None:
        """Shorten the interval if the user's code runs `alone`, else give it back."""
        if not alone:
            self.give_back()
        elif self._before_s is None and sys.getswitchinterval() > SOON_S:
            self._before_s = sys.getswitchinterval()
            sys.setswitchinterval(SOON_S)

    def give_back(self) -> None:
        """Put back what it was, unless the user's code has set another one meanwhile."""
        before_s, self._before_s = self._before_s, None
        if before_s is not None and math.isclose(sys.getswitchinterval(), SOON_S, rel_tol=0.02):
            sys.setswitchinterval(before_s)
