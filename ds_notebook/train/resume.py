"""Which run to go on with, and from which of its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from torch import nn

from ds_notebook.errors import UsageError
from ds_notebook.options import to_builtins
from ds_notebook.record import Record, open_run, runs
from ds_notebook.record.events import Artifact
from ds_notebook.record.mask import masked
from ds_notebook.train.checkpoints import last_good
from ds_notebook.train.config import TrainConfig
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


class Kinds(NamedTuple):
    """The classes of optimizer and scheduler: the state of one is of no use to another."""

    optimizer: str
    scheduler: str


def find_resumption(
    config: TrainConfig, model: nn.Module, data: str, kinds: Kinds, job: str | None = None
) -> Resumption:
    """The run that `config.resume` asks for; `data` is the fingerprint of the training data.

    With `job`, "auto" looks among the runs of that job alone.

    Raises UsageError where a run that was named cannot be gone on with.
    """
    if config.resume != "auto":
        return _from_named(config, model, data, kinds)
    reasons: list[str] = []
    for record in runs():
        started = record.started
        if started is None or (started.kind, started.name) != ("train", config.name):
            continue
        if job and started.parent != job:
            continue
        if record.state not in _UNFINISHED or _other_options(config, started.config):
            continue
        found = _from_checkpoint(record, model, data, kinds)
        if isinstance(found, Resumption):
            return found
        reasons.append(found)
    why = f" ({'; '.join(reasons[:2])})" if reasons else ""
    return Resumption(f"No unfinished run {config.name!r} with this config, model and data{why}: a fresh start.")


def _from_named(config: TrainConfig, model: nn.Module, data: str, kinds: Kinds) -> Resumption:
    assert config.resume is not None
    record = open_run(config.resume)
    found = _from_checkpoint(record, model, data, kinds)
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


def _from_checkpoint(record: Record, model: nn.Module, data: str, kinds: Kinds) -> Resumption | str:
    """Where the record's newest good checkpoint leads, or why it leads nowhere."""
    good = last_good(record)
    if good is None:
        return f"{record.id} has no checkpoint that opens"
    artifact, tree, refused = good
    if differences := _other_shapes(model, tree["model"]):
        return f"{record.id} has other parameters: {differences}"
    if (before := Kinds(tree["optimizer_kind"], tree["scheduler_kind"])) != kinds:
        return f"{record.id} has {' and '.join(before)}, not {' and '.join(kinds)}, as optimizer and scheduler"
    if tree["data"] != data:
        return f"{record.id} was trained on other data"
    return Resumption(" ".join([_said(record, artifact, tree), *refused]), record, tree)


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
