"""Which modules of a model train and which evaluate: one that the user froze, such as a BatchNorm, stays frozen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


def start_training(model: nn.Module) -> list[str]:
    """Put `model` into training mode; returns the names of its modules that stay in evaluation mode.

    Those are the ones that were in it while the model itself was not. What is beneath another one is not named.
    """
    frozen = [(name, module) for name, module in model.named_modules() if model.training and not module.training]
    model.train()
    for _, module in frozen:
        module.training = False
    names = [name for name, _ in frozen]
    return [name for name in names if not any(name.startswith(f"{other}.") for other in names)]


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """In this block the model is in evaluation mode; afterwards each module has the mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
