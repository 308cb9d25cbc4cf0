"""How a step computes: its numbers, its memory layout, the optimizer's kernel. Each can change between two steps."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ds_notebook.train.optim import FUSING_DEVICES
from ds_notebook.train.state import TrainingState

_CAN_FUSE = (torch.optim.Adam, torch.optim.SGD, torch.optim.Adagrad)
_AGAINST_FUSING = ("fused", "foreach", "differentiable", "capturable")


class Recipe(NamedTuple):
    """A choice of all three; `fused` where the optimizer is made a fused one, which it was not."""

    precision: str
    fused: bool = False
    channels_last: bool = False

    def __str__(self) -> str:
        return " + ".join([self.precision, *["fused"] * self.fused, *["channels_last"] * self.channels_last])


def recipe_of(state: TrainingState) -> Recipe:
    """The one that is in force, the optimizer being as the user gave it."""
    return Recipe(state.step.precision.name, channels_last=state.step.channels_last)


def apply(recipe: Recipe, state: TrainingState) -> None:
    """Bring `recipe` into force, a fused optimizer stays one; raises UsageError for a precision the device lacks."""
    state.set_recipe(recipe.precision, channels_last=recipe.channels_last)
    if recipe.fused:
        set_fused(state.step.optimizer, True)


def changes(state: TrainingState) -> list[dict[str, Any]]:
    """Fields of a recipe besides `fused` that may be changed here, each to be tried on top of the best before it."""
    precisions = ["bf16"] if state.device.type == "cpu" else ["bf16", "fp16"]
    found: list[dict[str, Any]] = [{"precision": name} for name in precisions]
    if any(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in state.model.modules()):
        found.append({"channels_last": True})
    return found


def can_fuse(optimizer: torch.optim.Optimizer) -> bool:
    """Whether torch has a fused kernel for it and the user has asked for no kernel, this one or another."""
    groups = optimizer.param_groups
    weights = [weight for group in groups for weight in group["params"]]
    return (
        isinstance(optimizer, _CAN_FUSE)
        and not any(
            group.get(name) is not None and group[name] is not False for group in groups for name in _AGAINST_FUSING
        )
        and all(group.get("fused", False) is None for group in groups)
        and all(weight.is_floating_point() and weight.device.type in FUSING_DEVICES for weight in weights)
    )


def set_fused(optimizer: torch.optim.Optimizer, fused: bool) -> None:
    """Let the optimizer update all weights in one kernel, or as it would by itself."""
    for group in optimizer.param_groups:
        group["fused"] = True if fused else None
        for weight in group["params"]:
            state = optimizer.state.get(weight, {})
            if isinstance(count := state.get("step"), Tensor):  # a fused kernel counts where the weight is
                state["step"] = count.to(device=weight.device if fused else "cpu", dtype=torch.float32)
