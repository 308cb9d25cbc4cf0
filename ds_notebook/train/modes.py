"""Which modules of a model train and which evaluate: one that the user froze, such as a BatchNorm, stays frozen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


class Modes:
    """Training and evaluation mode of one model, whose modules in evaluation mode stay there while it trains.

    Those are the ones that are in it now, while the model itself is not. What a model's own `train()` does later is
    its own affair.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        found = [(name, module) for name, module in model.named_modules() if model.training and not module.training]
        self._frozen = [module for _, module in found]
        names = [name for name, _ in found]
        self.frozen = [name for name in names if not any(name.startswith(f"{other}.") for other in names)]
        """Their names; what is beneath another one is not named."""

    def train(self) -> None:
        """Begin, or go on, to train."""
        self._model.train()
        for module in self._frozen:
            module.training = False


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """In this block the model is in evaluation mode; afterwards each module has the mode it had."""
    was_training = model.training
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)  # a layer may do work in it, such as taking merged weights apart again
        for module, training in modes:
            module.training = training
