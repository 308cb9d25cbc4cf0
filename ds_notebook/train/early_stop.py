"""When to stop because nothing gets better any more."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ds_notebook.errors import UsageError


class EarlyStop:
    """Counts the evaluations since `monitor` was last at its best; `now` once there are `patience` of them.

    Without `patience` it only knows the best.
    """

    def __init__(self, monitor: str, patience: int | None) -> None:
        self._monitor = monitor
        self._patience = patience
        self._lower_is_better = any(word in monitor for word in ("loss", "error", "mse", "mae", "perplexity"))
        self.restart()

    def restart(self) -> None:
        """Nothing was measured yet: a training begins."""
        self.now = False
        self._best = math.inf
        self._num_worse = 0

    def after(self, measured: Mapping[str, float]) -> bool:
        """Take one evaluation's values, say whether they are the best so far.

        With `patience`, raises UsageError, naming what was measured, if `monitor` is not among them.
        """
        if self._monitor not in measured:
            if self._patience is None:
                return False
            raise UsageError(f"monitor {self._monitor!r} is not measured; choose one of {', '.join(sorted(measured))}.")
        value = measured[self._monitor] if self._lower_is_better else -measured[self._monitor]
        if value < self._best:
            self._best, self._num_worse = value, 0
            return True
        self._num_worse += 1
        self.now = self._patience is not None and self._num_worse >= self._patience
        return False

    def state(self) -> dict[str, float]:
        """What a checkpoint must hold of it."""
        return {"best": self._best, "num_worse": self._num_worse}

    def load(self, state: Mapping[str, float]) -> None:
        """Go on from a checkpoint's `state`."""
        self._best, self._num_worse = state["best"], int(state["num_worse"])
        self.now = self._patience is not None and self._num_worse >= self._patience
