"""Which module made the first NaN or infinity of a forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.train.batch import tensors
from ds_notebook.train.rng import rng_kept

Tree = Any  # whatever the user's modules take and return


def first_not_finite(model: nn.Module, call: Callable[[], Any]) -> str:
    """A phrase that names the first cause of values that are not finite in `call`, a forward pass of `model`.

    That is a parameter or buffer that already holds one ("weight of encoder.2 (Linear) holds NaN"), or else the first
    module whose output has some while its inputs do not. Empty where there is neither: then the loss made it. Buffers
    and random numbers are as before afterwards; what `call` raises is raised, unless the cause is found by then.
    """
    if phrase := _bad_state(model):
        return phrase
    device = next((weight.device for weight in model.parameters()), None)
    found: list[str] = []
    with torch.no_grad(), rng_kept(device), _buffers_kept(model), _watched(model, found):
        try:
            call()
        except Exception:
            if not found:
                raise
    return found[0] if found else ""


def _bad_state(model: nn.Module) -> str:
    for place, module in model.named_modules():
        for name, weight in module.named_parameters(recurse=False):
            if kinds := _kinds(weight):
                return f"{name} of {_called(place, module)} holds {kinds}"
        for name, buffer in module.named_buffers(recurse=False):
            if kinds := _kinds(buffer, allowed="-inf"):  # a mask is made of them
                return f"{name} of {_called(place, module)} holds {kinds}"
    return ""


@contextmanager
def _watched(model: nn.Module, found: list[str]) -> Iterator[None]:
    """While in this block, each module's inputs and outputs are looked at, inner modules before outer ones.

    A module that gives -inf alone may be a mask. It is the cause once a later module makes NaN or inf of it, and is not
    once one makes finite values of it.
    """
    maybe: list[tuple[str, str]] = []

    def look(module: nn.Module, args: Tree, kwargs: Tree, output: Tree) -> None:
        if found:
            return
        place, given, kinds = names[module], [*args, *kwargs.values()], _kinds(output)
        within = bool(maybe) and (not place or maybe[0][0].startswith(f"{place}."))
        if maybe and not kinds and (within or _kinds(given)):
            maybe.clear()
        first, *others = given or [None]
        if not kinds or _kinds(first) or _kinds(others, allowed="-inf"):
            if maybe and kinds not in ("", "-inf"):
                found.append(maybe[0][1])
            return
        phrase = f"{_called(place, module)}: {_output_phrase(output, kinds)}, {_inputs_phrase(others)}"
        if kinds != "-inf":
            found.append(f"{phrase}; within it, {maybe[0][1]}" if within else phrase)
        elif not maybe:
            maybe.append((place, phrase))

    names = {module: place for place, module in model.named_modules()}
    hooks = [module.register_forward_hook(look, with_kwargs=True) for module in names]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        if not found:
            found += [phrase for _, phrase in maybe]


@contextmanager
def _buffers_kept(model: nn.Module) -> Iterator[None]:
    kept = [
        (module, name, buffer, buffer.clone())
        for module in model.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    try:
        yield
    finally:
        for module, name, buffer, values in kept:
            buffer.copy_(values)
            setattr(module, name, buffer)


def _called(place: str, module: nn.Module) -> str:
    return f"{place or 'the model'} ({type(module).__name__})"


def _output_phrase(output: Tree, kinds: str) -> str:
    outputs = list(_tensors(output))
    num_bad = sum(int((~torch.isfinite(each)).sum()) for each in outputs)
    return f"its output held {kinds} in {num_bad} of {sum(each.numel() for each in outputs)} values"


def _inputs_phrase(others: Tree) -> str:
    return "its inputs were finite but for the -inf of a mask" if _kinds(others) else "its inputs were finite"


def _kinds(tree: Tree, allowed: str = "") -> str:
    """The kinds of values that are not finite, such as "NaN and -inf"; empty where there is none but `allowed`."""
    bad = [tensor for tensor in _tensors(tree) if not bool(torch.isfinite(tensor).all())]
    tests = {"NaN": torch.isnan, "inf": _is_inf, "-inf": _is_minus_inf}
    kinds = [kind for kind, test in tests.items() if any(bool(test(tensor).any()) for tensor in bad)]
    return " and ".join(kind for kind in kinds if kind != allowed)


def _is_inf(tensor: Tensor) -> Tensor:
    return torch.isinf(tensor) if tensor.is_complex() else torch.isposinf(tensor)


def _is_minus_inf(tensor: Tensor) -> Tensor:
    return torch.zeros_like(tensor, dtype=torch.bool) if tensor.is_complex() else torch.isneginf(tensor)


def _tensors(tree: Tree) -> Iterator[Tensor]:
    """The tensors of a tree that can hold a NaN."""
    return (tensor for tensor in tensors(tree) if tensor.is_floating_point() or tensor.is_complex())
