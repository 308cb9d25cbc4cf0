"""The loss that belongs to a model's outputs and targets, where their shapes and types leave no doubt."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ds_notebook.errors import UsageError

LossFn = Callable[[Any, Any], Tensor]
_ASK = "Pass loss_fn, a function of (outputs, targets)."


class FoundLoss(NamedTuple):
    """A loss with the sentence that says why it was taken."""

    loss_fn: LossFn
    why: str


def check_loss(loss_fn: LossFn, *, micro_batches: bool) -> None:
    """Raise UsageError for what is no loss, and with micro-batches for one whose parts do not add up to the whole."""
    if isinstance(loss_fn, type):
        raise UsageError(f"loss_fn is the class {loss_fn.__name__}; expected one of it: {loss_fn.__name__}().")
    if not callable(loss_fn):
        raise UsageError(
            f"loss_fn is a {type(loss_fn).__name__}; expected a function of (outputs, targets), such as "
            "torch.nn.functional.cross_entropy."
        )
    reduction, has_weights = _setting(loss_fn, "reduction", "mean"), _setting(loss_fn, "weight", None) is not None
    if micro_batches and (reduction != "mean" or has_weights):
        kind = "has class weights" if has_weights else f"takes the {reduction}"
        raise UsageError(
            f"micro_batch needs a loss that is a plain mean over the targets; this {type(loss_fn).__name__} {kind}. "
            "Use the plain mean, or leave micro_batch out."
        )


def checked(loss: Any) -> Tensor:
    """What a loss function returned; raises UsageError for anything but one number with a gradient."""
    if not isinstance(loss, Tensor):
        raise UsageError(f"loss_fn returned a {type(loss).__name__}; expected a tensor of one number.")
    if loss.numel() != 1:
        raise UsageError(f"loss_fn returned a tensor of shape {tuple(loss.shape)}; expected one number: take its mean.")
    if torch.is_grad_enabled() and not loss.requires_grad:
        raise UsageError(
            "loss_fn returned a number without a gradient: it does not rest on weights that are trained, or was "
            "detached on its way, as .item(), .detach() and .argmax() do."
        )
    return loss


def ignored_target(loss_fn: LossFn | None) -> int:
    """The class that a loss does not count: -100, unless it says otherwise."""
    ignored = _setting(loss_fn, "ignore_index", -100)
    return -100 if ignored is None else int(ignored)


def _setting(loss_fn: Any, name: str, default: Any) -> Any:
    """What a loss says of itself; a partial, or a module around a loss of torch, says it for the one inside."""
    if isinstance(loss_fn, functools.partial):
        return loss_fn.keywords[name] if name in loss_fn.keywords else _setting(loss_fn.func, name, default)
    inside = loss_fn.modules() if isinstance(loss_fn, nn.Module) else ()
    losses = [loss_fn, *(module for module in inside if hasattr(module, "reduction"))]  # a layer has a weight, too
    return next((getattr(loss, name) for loss in losses if hasattr(loss, name)), default)


def find_loss(outputs: Any, targets: Any) -> FoundLoss:
    """The loss for the first batch's `outputs` and `targets`; raises UsageError where it must be asked for."""
    if (own := _own_loss(outputs)) is not None:
        return own
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
        raise UsageError(
            f"The loss for outputs of type {type(outputs).__name__} and targets of type {type(targets).__name__} "
            f"cannot be guessed. {_ASK}"
        )
    if targets.dtype == torch.int64:
        return _class_loss(outputs, targets)
    if targets.dtype == torch.bool and targets.numel() == outputs.numel():
        return FoundLoss(_binary_cross_entropy, "binary cross-entropy, because the targets are true or false")
    if targets.is_floating_point() and targets.numel() == outputs.numel():
        if bool(((targets == 0) | (targets == 1)).all()):
            raise UsageError(
                "The targets are all 0.0 or 1.0: classes or numbers? Make them bool or int64 for classes, or "
                "pass loss_fn (torch.nn.functional.mse_loss for numbers)."
            )
        return FoundLoss(_squared_error, "mean squared error, because the targets are numbers")
    raise UsageError(_mismatch(outputs, targets))


def _own_loss(outputs: Any) -> FoundLoss | None:
    """A Hugging Face style model: it computed its loss from the labels in the batch."""
    loss = outputs.get("loss") if isinstance(outputs, dict) else getattr(outputs, "loss", None)
    if loss is None:
        return None
    if isinstance(outputs, dict):
        return FoundLoss(lambda outputs, _: outputs["loss"], "the model's own loss")
    return FoundLoss(lambda outputs, _: outputs.loss, "the model's own loss")


def shifts_targets(model: nn.Module) -> bool:
    """Whether the model's own loss compares each output with the label after it, as those of causal models do.

    A Hugging Face model names its loss in `loss_type`; without a name, theirs is the causal one too
    (transformers 5, `PreTrainedModel.loss_function`).
    """
    return hasattr(model, "loss_function") and getattr(model, "loss_type", None) in (None, "ForCausalLM")


def _class_loss(outputs: Tensor, targets: Tensor) -> FoundLoss:
    if outputs.ndim >= 2 and outputs.shape[:1] + outputs.shape[2:] == targets.shape:
        return FoundLoss(functional.cross_entropy, "cross-entropy, because the targets are class numbers")
    if outputs.ndim == targets.ndim + 1 and outputs.shape[:-1] == targets.shape:
        return FoundLoss(_last_axis_cross_entropy, "cross-entropy over the last axis, as the targets are class numbers")
    raise UsageError(_mismatch(outputs, targets))


def _mismatch(outputs: Tensor, targets: Tensor) -> str:
    return (
        f"Outputs of shape {tuple(outputs.shape)} do not fit {targets.dtype} targets of shape {tuple(targets.shape)}. "
        f"For classes the model gives (batch, classes), for numbers the shape of the targets. {_ASK}"
    )


def _last_axis_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())


def _binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(outputs.reshape(targets.shape), targets.to(outputs.dtype))


def _squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.mse_loss(outputs.reshape(targets.shape), targets)


def class_axis(outputs: Any, targets: Any) -> int | None:
    """The axis of `outputs` that has one entry a class, for integer targets; None where there is none."""
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor) or targets.dtype != torch.int64:
        return None
    if outputs.ndim >= 2 and outputs.shape[:1] + outputs.shape[2:] == targets.shape:
        return 1
    if outputs.ndim == targets.ndim + 1 and outputs.shape[:-1] == targets.shape:
        return -1
    return None


def label_outside(outputs: Any, targets: Any, ignored_target: int) -> str:
    """Which label no class of the outputs stands for, in a sentence's part; empty where all are fine.

    `ignored_target` is the mark for "do not count" and is fine.
    """
    axis = class_axis(outputs, targets)
    if axis is None:
        return ""
    num_classes = outputs.shape[axis]
    wrong = targets[((targets < 0) & (targets != ignored_target)) | (targets >= num_classes)]
    if not len(wrong):
        return ""
    return f"label {int(wrong[0])}, but the model has {num_classes} classes, 0 to {num_classes - 1}"
