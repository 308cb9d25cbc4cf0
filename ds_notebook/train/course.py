"""The learning rate's course over a training: warm-up, then constant or cosine."""

from __future__ import annotations

import math

from ds_notebook.errors import UsageError
from ds_notebook.train.config import TrainConfig


class Course:
    """The factor on the learning rate at each step; cosine is that of Loshchilov and Hutter (2017).

    It goes by the share of the epochs that is done, so it ends at 0 also where another batch size was set meanwhile.
    Raises UsageError for a cosine over data whose number of batches is not known.
    """

    def __init__(self, config: TrainConfig, num_batches: int | None) -> None:
        if config.schedule == "cosine" and num_batches is None:
            raise UsageError(
                "schedule cosine needs to know the number of batches, but train_data has no length. "
                "Choose constant, or pass data that has a length."
            )
        self._falls = config.schedule == "cosine"
        self._epochs = config.epochs
        self._warmup_steps = config.warmup_steps
        self._warmup_share = config.warmup_steps / (config.epochs * (num_batches or 1))
        self.enter(0, 0, num_batches)

    @property
    def is_flat(self) -> bool:
        """Whether the rate never changes."""
        return not self._falls and not self._warmup_steps

    def enter(self, epoch: int, first_step: int, num_batches: int | None) -> None:
        """Epoch number `epoch` begins, or began, with `first_step` and has so many batches."""
        self._epoch, self._first_step, self._num_batches = epoch, first_step, num_batches or 1

    def factor(self, step: int) -> float:
        """At a step, the first being 0; one of the running epoch or the next one's first."""
        if step < self._warmup_steps:
            return (step + 1) / (self._warmup_steps + 1)
        if not self._falls or self._warmup_share >= 1:
            return 1.0
        share = (self._epoch + (step - self._first_step) / self._num_batches) / self._epochs
        done = (share - self._warmup_share) / (1 - self._warmup_share)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, done))))
