"""The numbers of the forward pass: fp32 is the plain case, bf16 and fp16 each change what they must."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.errors import UsageError


class Precision:
    """fp32: nothing is cast and nothing is scaled."""

    name = "fp32"

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.autocast: AbstractContextManager[Any] = nullcontext()
        """The context of a forward pass and its loss."""

    def backward(self, loss: Tensor) -> None:
        """Compute gradients, scaled where small ones would be lost."""
        loss.backward()

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Bring gradients back to their true size: before they are clipped or measured."""

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Update the weights, unless the gradients overflowed."""
        optimizer.step()

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold of it."""
        return {}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint's `state`."""


class Bf16(Precision):
    """bfloat16 autocast: fp32's range, so nothing needs scaling."""

    name = "bf16"

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.autocast = torch.autocast(device.type, torch.bfloat16)


class Fp16(Precision):
    """float16 autocast with a gradient scaler (Micikevicius et al., 2018): a step that overflowed is left out."""

    name = "fp16"

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.autocast = torch.autocast(device.type, torch.float16)
        self.scaler = torch.amp.GradScaler(device.type)
        self._unscaled = False

    def backward(self, loss: Tensor) -> None:
        self.scaler.scale(loss).backward()

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        if not self._unscaled:
            self.scaler.unscale_(optimizer)
            self._unscaled = True

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        self.scaler.step(optimizer)
        self.scaler.update()
        self._unscaled = False

    def state(self) -> dict[str, Any]:
        return self.scaler.state_dict()

    def load(self, state: dict[str, Any]) -> None:
        # a new one: a scaler that was left between two calls refuses the next
        self.scaler = torch.amp.GradScaler(self.device.type)
        self._unscaled = False
        if state:  # empty after another precision
            self.scaler.load_state_dict(state)


_PRECISIONS: dict[str, type[Precision]] = {each.name: each for each in (Precision, Bf16, Fp16)}


def precision_of(name: str, device: torch.device, model: nn.Module) -> Precision:
    """The precision called `name`; fp32 for auto, which is tried out later.

    Raises UsageError for bf16 on a GPU without it, and for fp16 convolutions on a CPU, measured 50 times slower.
    """
    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    if name == "fp16" and device.type == "cpu" and any(isinstance(module, convolutions) for module in model.modules()):
        raise UsageError("fp16 convolutions on a CPU are about 50 times slower than fp32. Choose fp32 or bf16.")
    if name == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise UsageError("This GPU has no bf16. Choose fp16 or fp32.")
    return _PRECISIONS["fp32" if name == "auto" else name](device)
