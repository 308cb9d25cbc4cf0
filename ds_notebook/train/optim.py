"""The optimizer and the learning rate's course, where the user brings none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from ds_notebook.errors import UsageError
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.course import Course

FUSING_DEVICES = ("cpu", "cuda", "mps", "xpu")


def optimizer_of(given: Any, model: nn.Module, config: TrainConfig, device: torch.device) -> torch.optim.Optimizer:
    """The optimizer that was `given`, also as a function of the parameters; without one, `default_optimizer`.

    Raises UsageError for what is none, for one that needs a closure, and for one of another model's weights.
    """
    if given is None:
        return default_optimizer(model, config, device)
    made = given if isinstance(given, torch.optim.Optimizer) or not callable(given) else given(model.parameters())
    if not isinstance(made, torch.optim.Optimizer):
        raise UsageError(
            f"optimizer is a {type(made).__name__}; expected a torch.optim.Optimizer, or a function that makes one of "
            "the parameters, such as torch.optim.Adam."
        )
    closure = inspect.signature(made.step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        raise UsageError(
            f"{type(made).__name__} evaluates the model several times a step, which this trainer does not do. Take an "
            "optimizer whose step() needs no closure."
        )
    _check_belongs(made, model)
    return made


def default_optimizer(model: nn.Module, config: TrainConfig, device: torch.device) -> torch.optim.Optimizer:
    """AdamW, fused where the device has it: 1.04 to 1.4 times faster than the loop, measured on a CPU."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if not weights:
        raise UsageError("The model has no weight to train: all are frozen (requires_grad is False) or there are none.")
    fused = device.type in FUSING_DEVICES and all(weight.is_floating_point() for weight in weights)
    return torch.optim.AdamW(weights, lr=config.learning_rate, weight_decay=config.weight_decay, fused=fused)


def _check_belongs(optimizer: torch.optim.Optimizer, model: nn.Module) -> None:
    """Most often one that updates no weight of `model` was made for a model of an earlier cell."""
    weights = {id(weight) for weight in model.parameters()}
    if not any(id(weight) in weights for group in optimizer.param_groups for weight in group["params"]):
        raise UsageError(
            "The optimizer updates none of the model's weights; it was made for another model. "
            "Make it anew from model.parameters()."
        )


def scheduler_of(
    given: Any, optimizer: torch.optim.Optimizer, course: Course, config: TrainConfig, *, validates: bool
) -> Any:  # torch's schedulers share no public base that covers ReduceLROnPlateau in all versions
    """The scheduler that was `given`, also as a function of the optimizer; without one, `default_scheduler`.

    Raises UsageError for what is none, for another optimizer's, and for one that would never get its metric.
    """
    if given is None:
        return default_scheduler(optimizer, course)
    is_maker = isinstance(given, type) or (callable(given) and not hasattr(given, "step"))
    made = given(optimizer) if is_maker else given
    if not hasattr(made, "step") or not hasattr(made, "state_dict"):
        raise UsageError(
            f"scheduler is a {type(made).__name__}; expected one of torch.optim.lr_scheduler, or a function that makes "
            "it from the optimizer."
        )
    if getattr(made, "optimizer", optimizer) is not optimizer:
        raise UsageError(
            "The scheduler was made for another optimizer than the one that trains. Pass that optimizer too, or a "
            "function that makes the scheduler from the optimizer."
        )
    if waits_for_metric(made) and (config.scheduler_every == "step" or not validates):
        raise UsageError(
            "ReduceLROnPlateau waits for val_loss, which is measured once an epoch: pass val_data, and leave "
            "scheduler_every at epoch."
        )
    return made


def waits_for_metric(scheduler: Any) -> bool:
    """Whether it is stepped with what an evaluation measured."""
    return isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)


def default_scheduler(optimizer: torch.optim.Optimizer, course: Course) -> LambdaLR | None:
    """One that follows `course`; None where the rate never changes."""
    return None if course.is_flat else LambdaLR(optimizer, lambda step: course.factor(step))


def state_as_laid_out(optimizer: torch.optim.Optimizer) -> None:
    """Give the loaded state of each weight memory of its own, laid out as the weight's.

    A file holds no strides, and the fused optimizers go through a weight and its state as they lie.
    """
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if isinstance(value, torch.Tensor) and value.shape == weight.shape:
                state[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)


def gradient_norm(model: nn.Module) -> torch.Tensor:
    """The norm of all gradients together, those of sparse embeddings too; a scalar on the model's device."""
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    return nn.utils.get_total_norm([each.coalesce().values() if each.is_sparse else each for each in gradients])


def set_learning_rate(optimizer: torch.optim.Optimizer, scheduler: object, learning_rate: float) -> None:
    """Give the first group this rate and scale the others alike; a scheduler goes on from there, its peaks scaled."""
    now = optimizer.param_groups[0]["lr"]
    if now:
        scale_learning_rate(optimizer, scheduler, learning_rate / now)
    else:  # nothing to scale: all get it
        _change_rates(optimizer, scheduler, lambda _: learning_rate)


def scale_learning_rate(optimizer: torch.optim.Optimizer, scheduler: object, factor: float) -> None:
    """Multiply each group's rate; a scheduler goes on from there, its peaks scaled, also where it is at 0 now."""
    _change_rates(optimizer, scheduler, lambda rate: rate * factor)


def _change_rates(optimizer: torch.optim.Optimizer, scheduler: object, change: Callable[[Any], Any]) -> None:
    for group in optimizer.param_groups:
        for name in _RATES & group.keys():
            group[name] = change(group[name])
    for each in _with_parts(scheduler):
        for name in ("base_lrs", "max_lrs"):
            if hasattr(each, name):
                setattr(each, name, [change(rate) for rate in getattr(each, name)])


_RATES = {"lr", "initial_lr", "max_lr", "min_lr"}
"""What torch's schedulers keep in an optimizer's groups: OneCycleLR works its rate out anew from them each step."""


def _with_parts(scheduler: Any) -> list[Any]:
    """A scheduler and those that it is made of: SequentialLR, ChainedScheduler."""
    parts = getattr(scheduler, "_schedulers", ())
    return [scheduler, *(part for each in parts for part in _with_parts(each))]
