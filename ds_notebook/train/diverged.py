"""Why a loss is not finite: the data, or the first module whose output was not; with the batch saved to look at."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ds_notebook.errors import Diverged
from ds_notebook.record.run import Run
from ds_notebook.train.batch import Parts, cleaned, forward, not_finite
from ds_notebook.train.checkpoint_file import tensor_bytes
from ds_notebook.train.checkpoints import last_good
from ds_notebook.train.step import Step
from ds_notebook.train.trace import first_not_finite


@torch.no_grad()
def holds_nan(model: nn.Module) -> bool:
    """Whether weights are NaN; one look at the device where they are not."""
    weights = [weight for weight in model.parameters() if weight.is_floating_point() and not is_lazy(weight)]
    if math.isfinite(float(nn.utils.get_total_norm(weights))):
        return False
    return any(bool(weight.isnan().any()) for weight in weights)  # large ones may overflow a norm


def went_wrong(run: Run, model: nn.Module, step: Step, batch: Parts, what: str) -> Diverged:
    """The error to raise: `what` happened, why, what to do, the saved batch and the last good checkpoint."""
    saved = run.save_blob(f"batch-{run.step}.safetensors", tensor_bytes(dict(_named(batch))), kind="batch")
    kept = f" The batch is in {saved.path}." if saved else ""
    module, goes_well = _traced(model, step, Parts(cleaned(batch.inputs), cleaned(batch.targets)))
    is_spoilt = holds_nan(model)  # by such data, most likely: on a GPU a loss is looked at some steps late
    for part, name in ((batch.inputs, "inputs"), (batch.targets, "targets")):
        if (goes_well is not False or is_spoilt) and (where := not_finite(part)):
            return Diverged(
                f"{what}: the {name} hold NaN or infinity in {where}. Clean the data.{kept}", in_the_data=True
            )
    why = f"with finite data: {module}. L" if module else "with finite data and outputs, in the loss itself. L"
    good = last_good(run.record)
    last = f" The last good checkpoint is {good[0].path}." if good else ""
    return Diverged(f"{what}, {why}ower the learning rate or clip the gradients.{kept}{last}", in_the_data=False)


def _traced(model: nn.Module, step: Step, batch: Parts) -> tuple[str, bool | None]:
    """What is not finite first in a pass of `batch`, in words, and whether its loss is finite; None where unknown."""
    outputs: list[Any] = []
    with step.precision.autocast:
        module = first_not_finite(model, lambda: outputs.append(forward(model, batch.inputs)))
        if module:
            return module, False
        try:
            return "", math.isfinite(float(step.loss_fn(outputs[0], batch.targets)))
        except Exception:  # a loss that needs gradients of its own, which these outputs have not
            return "", None


def _named(tree: Any, name: str = "batch") -> list[tuple[str, Tensor]]:
    """A batch's tensors with their places in it: batch.0 are the inputs, batch.1 the targets."""
    if isinstance(tree, Tensor):
        return [(name, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, tuple) else ()
    return [pair for key, item in items for pair in _named(item, f"{name}.{key}")]
