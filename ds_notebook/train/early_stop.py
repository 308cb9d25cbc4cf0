"""When to stop because nothing gets better any more."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ds_notebook.errors import UsageError


class EarlyStop:
    """Counts the evaluations since `monitor` was last at its best; `now` once there are `patience` of them."""

    def __init__(self, monitor: str, patience: int | None) -> None:
        self.now = False
        self._monitor = monitor
        self._patience = patience
        self._lower_is_better = any(word in monitor for word in ("loss", "error", "mse", "mae", "perplexity"))
        self._best = math.inf
        self._num_worse = 0

    def after(self, measured: Mapping[str, float]) -> None:
        """Take one evaluation's values; raises UsageError, naming what was measured, if `monitor` is not among them."""
        if self._patience is None:
            return
        if self._monitor not in measured:
            raise UsageError(f"monitor {self._monitor!r} is not measured; choose one of {', '.join(sorted(measured))}.")
        value = measured[self._monitor] if self._lower_is_better else -measured[self._monitor]
        if value < self._best:
            self._best, self._num_worse = value, 0
            return
        self._num_worse += 1
        self.now = self._num_worse >= self._patience
