"""All that the next step of a training depends on, besides its data: taken for a checkpoint, and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.held import Held, copy_bytes
from ds_notebook.train.optim import state_as_laid_out
from ds_notebook.train.precision import precision_of
from ds_notebook.train.rng import rng_state
from ds_notebook.train.step import Step
from ds_notebook.train.tree import Tree


class TrainingState:
    """The weights, the optimizer's moments, the scheduler, the scaler, the averaged weights and the random states."""

    def __init__(
        self,
        model: nn.Module,
        step: Step,
        scheduler: Any,  # torch's schedulers share no public base in all versions
        early_stop: EarlyStop,
        ema: AveragedModel | None,
        loss_fn: Any = None,
    ) -> None:
        self.model = model
        self.step = step
        self.scheduler = scheduler
        self.early_stop = early_stop
        self.ema = ema
        self.loss = loss_fn if isinstance(loss_fn, nn.Module) else nn.Module()
        """A loss may have weights and buffers of its own, too."""
        self.device = step.precision.device

    def tree(self) -> Tree:
        """The state as it is; its tensors are the training's own, so copy them before the next step."""
        return {
            "device": self.device.type,
            "precision": self.step.precision.name,
            "channels_last": self.step.channels_last,
            "micro_batch": self.step.micro_batch,
            "model": dict(self.model.state_dict()),
            "loss": dict(self.loss.state_dict()),
            "other_weights": self.other_weights(),
            "optimizer": self.step.optimizer.state_dict(),
            "optimizer_kind": type(self.step.optimizer).__name__,
            "scheduler_kind": type(self.scheduler).__name__,
            "scheduler": self.scheduler.state_dict() if self.scheduler is not None else {},
            "scaler": self.step.precision.state(),
            "early_stop": self.early_stop.state(),
            "ema": dict(self.ema.state_dict()) if self.ema is not None else {},
            "rng": rng_state(self.device),
        }

    def load(self, tree: Tree) -> None:
        """Put everything back but the random numbers: those come last, once the data's iterator is made."""
        self.set_recipe(tree["precision"], channels_last=tree["channels_last"])
        self.step.micro_batch = tree["micro_batch"]
        self.model.load_state_dict(tree["model"])
        self.loss.load_state_dict(tree["loss"])
        with torch.no_grad():
            for weight, saved in zip(self.other_weights(), tree["other_weights"], strict=True):
                weight.copy_(saved)
        self.step.optimizer.load_state_dict(tree["optimizer"])
        state_as_laid_out(self.step.optimizer)
        self.step.optimizer.zero_grad()
        if self.scheduler is not None:
            self.scheduler.load_state_dict(tree["scheduler"])
        self.step.precision.load(tree["scaler"])
        self.early_stop.load(tree["early_stop"])
        if self.ema is not None:
            self.ema.load_state_dict(tree["ema"])

    def other_weights(self) -> list[torch.Tensor]:
        """What the optimizer trains besides the weights of model and loss."""
        models = {id(weight) for module in (self.model, self.loss) for weight in module.parameters()}
        groups = self.step.optimizer.param_groups
        return [weight for group in groups for weight in group["params"] if id(weight) not in models]

    def set_recipe(self, precision: str, *, channels_last: bool) -> None:
        """Compute in this precision and memory layout from here on."""
        if precision != self.step.precision.name:
            self.step.precision = precision_of(precision, self.device, self.model)
        if channels_last != self.step.channels_last:
            layout = torch.channels_last if channels_last else torch.contiguous_format
            self.model.to(memory_format=layout)  # type: ignore[call-overload]  # torch's own stub lacks it
            state_as_laid_out(self.step.optimizer)
            self.step.channels_last = channels_last

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever the block trains, all that a step changes is as if it had never run, bit for bit; see `Held`."""
        held = Held([self.model, self.loss], self.step)
        try:
            yield
        finally:
            held.put_back()

    def undoing_bytes(self) -> int:
        """The memory that `undone` takes, and that of the gradients which are made in it."""
        groups = self.step.optimizer.param_groups
        gradients: int = sum(weight.nbytes for group in groups for weight in group["params"] if weight.requires_grad)
        return copy_bytes([self.model, self.loss], self.step.optimizer) + gradients
