"""Which run to go on with, and from which of its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import torch
from torch import nn

from ds_notebook.errors import UsageError
from ds_notebook.options import to_builtins
from ds_notebook.record import Record, open_run, runs
from ds_notebook.record.events import Artifact
from ds_notebook.record.mask import masked
from ds_notebook.train.checkpoints import last_good
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.state import TrainingState
from ds_notebook.train.tree import Tree

_SAME_RUN = set("name tags notes gate resume checkpoint_every_s keep_checkpoints workers background".split())
"""Options that may differ between two parts of one run: what is learned does not depend on them."""
_IN_THE_STATE = set("seed batch_size learning_rate weight_decay schedule warmup_steps scheduler_every ema".split())
"""Options that a checkpoint's random numbers, optimizer, scheduler and averaged weights rest on."""
_UNFINISHED = ("lost", "interrupted", "stopped", "failed")


class Resumption(NamedTuple):
    """Where to go on, and the sentence that says so; without a record it is a fresh start."""

    said: str
    record: Record | None = None
    tree: Tree = None


def find_resumption(config: TrainConfig, state: TrainingState, data: str, job: str | None = None) -> Resumption:
    """The run that `config.resume` asks for and that fits `state`; `data` is the fingerprint of the training data.

    With `job`, "auto" looks among the runs of that job alone.

    Raises UsageError where a run that was named cannot be gone on with.
    """
    if config.resume != "auto":
        return _from_named(config, state, data)
    reasons: list[str] = []
    for record in runs():
        started = record.started
        if started is None or (started.kind, started.name) != ("train", config.name):
            continue
        if job and started.parent != job:
            continue
        if record.state not in _UNFINISHED or _other_options(config, started.config):
            continue
        found = _from_checkpoint(record, state, data)
        if isinstance(found, Resumption):
            return found
        reasons.append(found)
    why = f" ({'; '.join(reasons[:2])})" if reasons else ""
    return Resumption(f"No unfinished run {config.name!r} with this config, model and data{why}: a fresh start.")


def _from_named(config: TrainConfig, state: TrainingState, data: str) -> Resumption:
    assert config.resume is not None
    record = open_run(config.resume)
    found = _from_checkpoint(record, state, data)
    if not isinstance(found, Resumption):
        raise UsageError(f"Resuming is not possible: {found}.")
    started = record.started
    changed = _other_options(config, started.config) if started else {}
    if fixed := [text for name, text in changed.items() if name in _IN_THE_STATE]:
        raise UsageError(
            f"Resuming is not possible with {', '.join(fixed)}: the checkpoint has it. Leave it as it was; the "
            "learning rate and the batch size can be set while the run goes on."
        )
    options = ", ".join(changed.values())
    return found._replace(said=f"{found.said} Options changed since: {options}.") if changed else found


def _from_checkpoint(record: Record, state: TrainingState, data: str) -> Resumption | str:
    """Where the record's newest good checkpoint leads, or why it leads nowhere."""
    good = last_good(record)
    if good is None:
        return f"{record.id} has no checkpoint that opens"
    artifact, tree, refused = good
    differences = _other_shapes(state.model, tree["model"]) or _other_shapes(state.loss, tree["loss"])
    if differences:
        return f"{record.id} has other parameters: {differences}"
    optimizer, scheduler = type(state.step.optimizer).__name__, type(state.scheduler).__name__
    if (tree["optimizer_kind"], tree["scheduler_kind"]) != (optimizer, scheduler):
        return (
            f"{record.id} has {tree['optimizer_kind']} and {tree['scheduler_kind']}, not {optimizer} and {scheduler}, "
            "as optimizer and scheduler"
        )
    if _other_groups(state, tree):
        return f"{record.id} has other weights in its optimizer, or in another order: some were frozen or grouped then"
    if tree["data"] != data:
        return f"{record.id} was trained on other data"
    sentences = [_said(record, artifact, tree), *_other_rates(state.step.optimizer, tree["optimizer"]), *refused]
    return Resumption(" ".join(sentences), record, tree)


def _other_groups(state: TrainingState, tree: Tree) -> bool:
    """Whether the optimizer's state in the checkpoint belongs to other weights than its own, as far as shapes tell."""
    groups, saved = state.step.optimizer.param_groups, tree["optimizer"]
    if [len(group["params"]) for group in groups] != [len(group["params"]) for group in saved["param_groups"]]:
        return True
    if len(state.other_weights()) != len(tree["other_weights"]):
        return True
    weights = [weight for group in groups for weight in group["params"]]
    numbers = [number for group in saved["param_groups"] for number in group["params"]]
    if not type(state.step.optimizer).__module__.startswith("torch.optim"):
        return False  # whatever it keeps, in whatever shape
    return any(
        moment.shape != weight.shape
        for weight, number in zip(weights, numbers, strict=True)
        for name, moment in saved["state"].get(number, {}).items()
        if name in _LIKE_THE_WEIGHT and isinstance(moment, torch.Tensor)
    )


_LIKE_THE_WEIGHT = {"exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg", "sum"}
"""What torch's optimizers keep in the shape of the weight that it belongs to."""


def _other_rates(optimizer: torch.optim.Optimizer, saved: Mapping[str, Any]) -> list[str]:
    """Said where the user's own optimizer was made with another rate than the checkpoint's began with."""
    now, then = (_first_rate(groups[0]) for groups in (optimizer.param_groups, saved["param_groups"]))
    if now is None or then is None or float(now) == float(then):
        return []
    return [f"The learning rate is the checkpoint's, {float(then):g}, not {float(now):g}."]


def _first_rate(group: Mapping[str, Any]) -> Any:
    return group.get("initial_lr", group["lr"])


def _said(record: Record, artifact: Artifact, tree: Tree) -> str:
    return f"Goes on with {record.id} ({record.state}) from step {tree['step']} ({PurePosixPath(artifact.path).stem})."


def _other_options(config: TrainConfig, before: Mapping[str, Any]) -> dict[str, str]:
    now = masked(dict(to_builtins(config)))
    return {
        name: f"{name} {value} (was {before.get(name)})"
        for name, value in now.items()
        if name not in _SAME_RUN and value != before.get(name)
    }


def _other_shapes(model: nn.Module, saved: Mapping[str, Any]) -> str:
    """The parameters that differ, in words; empty where none do."""
    now = {name: _shape(value) for name, value in model.state_dict().items()}
    then = {name: _shape(value) for name, value in saved.items()}
    differing = [
        f"{name} is {now.get(name, 'not there')} here and {then.get(name, 'not there')} in the checkpoint"
        for name in [*now, *(then.keys() - now.keys())]
        if now.get(name) != then.get(name)
    ]
    more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
    return ", ".join(differing[:3]) + more


def _shape(value: Any) -> str:
    return str(tuple(value.shape)) if hasattr(value, "shape") else type(value).__name__
