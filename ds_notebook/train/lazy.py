"""Lazy layers, whose weights get their shape in the first batch: until then there is nothing to copy or to save."""

from __future__ import annotations

from torch import nn
from torch.nn.parameter import is_lazy

from ds_notebook.errors import UsageError
from ds_notebook.train.config import TrainConfig


def has_lazy_weights(model: nn.Module) -> bool:
    """Whether a weight or buffer has no shape yet."""
    return any(map(is_lazy, [*model.parameters(), *model.buffers()]))


def check_shapes_are_known(model: nn.Module, config: TrainConfig) -> None:
    """Raise UsageError for a lazy model with an option that copies its weights before the first batch."""
    copying = {
        "ema": config.ema is not None,
        "micro_batch auto": config.micro_batch == "auto",
        "lr_range_test": config.lr_range_test,
        "checkpoints": config.checkpoint_interval_s is not None,
    }
    needing = [name for name, is_asked in copying.items() if is_asked]
    if needing and has_lazy_weights(model):
        raise UsageError(
            f"The model has lazy layers, whose weights get their shape in the first batch, and {needing[0]} needs it "
            "before. Run one batch through the model first: model(inputs)."
        )
