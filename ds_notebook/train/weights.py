"""A model's weights as a file that opens safely: safetensors, never a pickle."""

from __future__ import annotations

from safetensors.torch import save
from torch import nn


def weights_bytes(model: nn.Module) -> bytes:
    """The state dict as one safetensors file; tensors that share memory are written apart."""
    return save({name: tensor.detach().cpu().clone().contiguous() for name, tensor in model.state_dict().items()})
