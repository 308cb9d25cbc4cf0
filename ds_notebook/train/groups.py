"""Parameters parted by what an optimizer should do with them: which decay, and which have a rate of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

from ds_notebook.errors import UsageError
from ds_notebook.train.lazy import has_lazy_weights

_NO_RATES: Mapping[str, float] = {}


def param_groups(
    model: nn.Module, *, weight_decay: float, learning_rates: Mapping[str, float] = _NO_RATES
) -> list[dict[str, Any]]:
    """Groups for an optimizer: `torch.optim.AdamW(param_groups(model, weight_decay=0.05), lr=1e-3)`.

    Biases, the weights of norms and whatever is no matrix do not decay. A key of `learning_rates` is a module's or a
    parameter's name ("encoder", "encoder.layers.0"): all beneath it get that rate, and the longest key wins. The first
    groups are those without a rate of their own, so a schedule or `lr=` shows and sets the optimizer's. Tied weights
    are listed once, frozen ones are left out. Raises UsageError for names that are not there.
    """
    _check(model, weight_decay, learning_rates)
    groups: dict[tuple[bool, float, bool], dict[str, Any]] = {}
    for names, weight, is_norm in _trained_weights(model):
        key = _longest_key(names, learning_rates)
        rate = {} if key is None else {"lr": learning_rates[key]}
        decays = weight.ndim >= 2 and not is_norm and not names[0].endswith("bias")
        group = {"params": [], "weight_decay": weight_decay if decays else 0.0, **rate}
        groups.setdefault((key is not None, rate.get("lr", 0.0), not decays), group)["params"].append(weight)
    if not groups:
        raise UsageError("The model has no weight to train: all are frozen (requires_grad is False) or there are none.")
    return [groups[key] for key in sorted(groups)]


def _trained_weights(model: nn.Module) -> list[tuple[list[str], nn.Parameter, bool]]:
    """Each parameter that is trained, with all of its names, and whether it belongs to a norm."""
    norms = {
        id(weight)
        for module in model.modules()
        if isinstance(module, nn.LayerNorm | nn.RMSNorm)  # the two whose weights may be matrices
        for weight in module.parameters(recurse=False)
    }
    found: dict[int, tuple[list[str], nn.Parameter, bool]] = {}
    for name, weight in model.named_parameters(remove_duplicate=False):
        if weight.requires_grad:
            found.setdefault(id(weight), ([], weight, id(weight) in norms))[0].append(name)
    return list(found.values())


def _longest_key(names: Iterable[str], learning_rates: Mapping[str, float]) -> str | None:
    keys = [key for key in learning_rates if any(_is_beneath(name, key) for name in names)]
    return max(keys, key=len, default=None)


def _is_beneath(name: str, key: str) -> bool:
    return name == key or name.startswith(f"{key}.")


def _check(model: nn.Module, weight_decay: float, learning_rates: Mapping[str, float]) -> None:
    if not weight_decay >= 0:
        raise UsageError(f"weight_decay must be 0 or more, got {weight_decay}.")
    if has_lazy_weights(model):
        raise UsageError(
            "Lazy layers have no shape yet to group by. Run one batch through the model first: model(inputs)."
        )
    names = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    for key, rate in learning_rates.items():
        if not any(_is_beneath(name, key) for name in names):
            raise UsageError(f"No module {key!r} has parameters. Choose of: {_choices(names, key)}.")
        if not rate >= 0:
            raise UsageError(f"The learning rate of {key!r} must be 0 or more, got {rate}.")


def _choices(names: Iterable[str], key: str) -> str:
    """The names as deep as `key` is, down to where one of its parents is right."""
    parent = key.rpartition(".")[0]
    while parent and not any(_is_beneath(name, parent) for name in names):
        parent = parent.rpartition(".")[0]
    depth = parent.count(".") + 2 if parent else 1
    beneath = (name for name in names if not parent or _is_beneath(name, parent))
    found = list(dict.fromkeys(".".join(name.split(".")[:depth]) for name in beneath))
    return ", ".join(found[:12]) + (", ..." if len(found) > 12 else "")
