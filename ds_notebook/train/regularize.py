"""Label smoothing and mixup as plain functions: one is a loss, the other goes into a loader's `collate_fn`."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ds_notebook.errors import UsageError
from ds_notebook.train.loss import LossFn, class_axis


def smoothed_cross_entropy(smoothing: float) -> LossFn:
    """Cross-entropy in which `smoothing`, a share in [0, 1), of each target is spread over all classes.

    (Szegedy et al., 2016.) Takes class numbers, with the classes along axis 1 or the last one, or soft targets of the
    outputs' shape with the classes along axis 1. As the loss of an evaluation is the same function, a smoothed
    `val_loss` cannot fall to 0.
    """
    if not 0 <= smoothing < 1:
        raise UsageError(f"smoothing is a share of at least 0 and below 1, got {smoothing}. 0.1 is usual.")

    def loss(outputs: Tensor, targets: Tensor) -> Tensor:
        if class_axis(outputs, targets) == -1:
            outputs, targets = outputs.flatten(0, -2), targets.flatten()
        return functional.cross_entropy(outputs, targets, label_smoothing=smoothing)

    return loss


def mixup(
    inputs: Tensor, targets: Tensor, *, alpha: float, num_classes: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Each sample mixed with another one of the batch, in a proportion drawn from Beta(alpha, alpha).

    (Zhang et al., 2018; as in their code, all samples of a batch share the proportion.) `inputs` are reals of shape
    (batch, ...), `targets` class numbers of shape (batch, ...); the soft targets have a shape of (batch, num_classes,
    ...), which `torch.nn.functional.cross_entropy` takes. Draws from `generator`, or else from torch's own numbers.
    Raises UsageError for other inputs, targets and alphas.

    For a loader: `collate_fn=lambda samples: mixup(*default_collate(samples), alpha=0.2, num_classes=10)`.
    """
    if not 0 < alpha < math.inf:
        raise UsageError(f"alpha must be above 0 and finite, got {alpha}. 0.2 is usual; leave mixup out to not mix.")
    if not isinstance(inputs, Tensor) or not isinstance(targets, Tensor) or len(inputs) != len(targets):
        kinds = f"{_described(inputs)} and {_described(targets)}"
        raise UsageError(f"mixup takes a tensor of inputs and one of as many targets, got {kinds}.")
    if not inputs.is_floating_point():
        raise UsageError(f"mixup takes inputs that are reals, got {inputs.dtype}. Scale them first: inputs / 255.")
    soft = _one_hot(targets, num_classes).to(inputs.dtype)
    device = torch.device("cpu") if generator is None else generator.device
    partners = torch.randperm(len(inputs), generator=generator, device=device).to(inputs.device)
    # torch's own Beta takes no generator
    seed = int(torch.randint(2**62, (), generator=generator, device=device))
    proportion = Random(seed).betavariate(alpha, alpha)
    return torch.lerp(inputs[partners], inputs, proportion), torch.lerp(soft[partners], soft, proportion)


def _described(data: Any) -> str:
    return f"{len(data)} rows" if isinstance(data, Tensor) else f"a {type(data).__name__}"


def _one_hot(targets: Tensor, num_classes: int) -> Tensor:
    if targets.dtype not in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8):
        raise UsageError(
            f"mixup takes targets that are class numbers, got {targets.dtype}. Mix before you soften them."
        )
    outside = targets[(targets < 0) | (targets >= num_classes)]
    if len(outside):
        raise UsageError(
            f"mixup met label {int(outside[0])}, but num_classes is {num_classes}, so labels go from 0 to "
            f"{num_classes - 1}. Pass the number of classes the model has."
        )
    return functional.one_hot(targets.long(), num_classes).movedim(-1, 1)
