"""What a cell or a function makes for the trainer: a model, data, and whatever else it takes, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ds_notebook.errors import UsageError
from ds_notebook.options import in_words

NEEDED = ("model", "train_data")
TAKEN = ("val_data", "loss_fn", "optimizer", "scheduler", "metrics")
"""Taken where they are there."""


def made_in(namespace: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The trainer's arguments from a notebook or a cell; `names` are those that it calls otherwise.

    Raises UsageError for one that is missing.
    """
    called = {role: names.get(role, role) for role in (*NEEDED, *TAKEN)}
    wanted = [name for role, name in called.items() if role in NEEDED or name != role]
    if missing := [name for name in wanted if name not in namespace]:
        raise UsageError(
            f"There is no {' and no '.join(missing)} in the notebook: make it in the cell's body (or an earlier cell, "
            "unless it trains in a process of its own), or give its name, as in --model net."
        )
    return {role: namespace[name] for role, name in called.items() if name in namespace}


def returned_by(source: str, parts: Any) -> dict[str, Any]:
    """The trainer's arguments from what the function `source` returned; raises UsageError for anything else."""
    if not isinstance(parts, Mapping) or not set(NEEDED) <= set(parts):
        raise UsageError(f"{source} must return a dict with model and train_data, and val_data if there is any.")
    if unknown := [str(name) for name in parts if name not in (*NEEDED, *TAKEN)]:
        raise UsageError(f"{source} returns {unknown[0]!r}, which the trainer does not take. Choose {_ALL}.")
    return dict(parts)


_ALL = in_words((*NEEDED, *TAKEN), "or")
