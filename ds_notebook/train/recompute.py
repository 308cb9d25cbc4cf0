"""Gradient checkpointing (Chen et al., 2016): less memory, as what a block computed is computed again when needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.utils.checkpoint import checkpoint

from ds_notebook.errors import UsageError


@contextmanager
def recomputing(model: nn.Module) -> Iterator[str]:
    """In this block the backward pass computes the model's blocks again; yields a sentence that says which.

    Gradients are the same, dropout included; a step takes one more forward pass (1.4 times as long for a transformer,
    measured on a CPU). A Hugging Face model does it its own way; else the blocks are the children of the outermost
    `nn.Sequential` or `nn.ModuleList` that has two or more of them. The model is put back at the end. Raises UsageError
    where there are no such blocks.
    """
    if _has_own_way(model):
        yield from _own_way(model)
        return
    blocks, num_left_alone = _blocks(model)
    if not blocks:
        raise UsageError(_why_none(num_left_alone))
    before = [block.__dict__.get("forward") for block in blocks]
    for block in blocks:
        block.forward = _recomputed(block.forward)
    try:
        yield _sentence(blocks, num_left_alone)
    finally:
        for block, forward in zip(blocks, before, strict=True):
            del block.forward
            if forward is not None:
                block.forward = forward


def _recomputed(forward: Any) -> Any:  # whatever the user's blocks take and return
    def recomputed(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        return checkpoint(forward, *args, use_reentrant=False, **kwargs)

    return recomputed


# -- which blocks


def _blocks(model: nn.Module) -> tuple[list[nn.Module], int]:
    """The blocks to wrap, and how many are left alone."""
    found = list({id(block): block for container in _outermost(model) for block in _candidates(container)}.values())
    wrapped = [block for block in found if not _has_running_statistics(block)]
    return wrapped, len(found) - len(wrapped)


def _has_running_statistics(module: nn.Module) -> bool:
    """Computed twice, they would move twice."""
    return any(isinstance(part, _NormBase) and part.track_running_stats for part in module.modules())


def _outermost(module: nn.Module) -> Iterator[nn.Module]:
    if isinstance(module, nn.Sequential | nn.ModuleList) and len(_candidates(module)) >= 2:
        yield module
        return
    for child in module.children():
        yield from _outermost(child)


def _candidates(container: nn.Module) -> list[nn.Module]:
    """Children whose inside is worth forgetting: one layer of torch keeps little but the input, which stays anyway."""
    return [
        child
        for child in container.children()
        if next(child.parameters(), None) is not None
        and (any(True for _ in child.children()) or not type(child).__module__.startswith("torch.nn."))
    ]


def _sentence(blocks: list[nn.Module], num_left_alone: int) -> str:
    kinds = ", ".join(dict.fromkeys(type(block).__name__ for block in blocks))
    said = f"{_blocks_are(len(blocks), kinds)} computed again in the backward pass, for less memory."
    if num_left_alone:
        said += f" {_blocks_are(num_left_alone)} left alone: computed twice, batch statistics would move twice."
    return said


def _blocks_are(number: int, kinds: str = "") -> str:
    named = f" ({kinds})" if kinds else ""
    return f"1 block{named} is" if number == 1 else f"{number} blocks{named} are"


def _why_none(num_left_alone: int) -> str:
    if num_left_alone:
        return (
            f"Nothing can be recomputed: all {num_left_alone} blocks hold running batch statistics, which would move "
            "twice. Use GroupNorm, or train without recomputing."
        )
    return (
        "Nothing can be recomputed: the model has no nn.Sequential or nn.ModuleList of two or more blocks, modules of "
        "several layers each. Group its layers into such blocks, or train without recomputing."
    )


# -- Hugging Face


def _has_own_way(model: Any) -> bool:  # any model
    return bool(getattr(model, "supports_gradient_checkpointing", False)) and not _has_running_statistics(model)


def _own_way(model: Any) -> Iterator[str]:  # a Hugging Face model, whose package is not needed here
    name = type(model).__name__
    # transformers 5.24 renamed all of them; the older names warn there
    kind = "activation" if hasattr(model, "activation_checkpointing_enable") else "gradient"
    if getattr(model, f"is_{kind}_checkpointing"):
        yield f"{name} already computes its blocks again in the backward pass."
        return
    getattr(model, f"{kind}_checkpointing_enable")({"use_reentrant": False})
    try:
        yield f"{name} computes its blocks again in the backward pass, its own way, for less memory."
    finally:
        getattr(model, f"{kind}_checkpointing_disable")()
        if hasattr(model, "_require_grads_hook"):  # enabling adds a hook that disabling does not take away
            model.disable_input_require_grads()
