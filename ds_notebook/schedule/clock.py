"""The scheduler's time: Unix seconds that neither jump nor go back while it lives."""

from __future__ import annotations

import time


class Clock:
    """Begins at the wall's time, or where the record ends if that is later; then counts, a machine's sleep included."""

    def __init__(self, not_before: float) -> None:
        self._base = max(time.time(), not_before) - steady_s()

    def now(self) -> float:
        return self._base + steady_s()


def steady_s() -> float:
    """Seconds by a clock that nobody sets."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
