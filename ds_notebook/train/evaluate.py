"""Measuring a model on data that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.train.batch import Parts, forward, placed, size
from ds_notebook.train.metrics import Mean, collector
from ds_notebook.train.modes import evaluating
from ds_notebook.train.precision import Precision


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[Any],
    loss_fn: Callable[[Any, Any], Tensor],
    metrics_for: Callable[[Any, Any], Mapping[str, Any]],
    precision: Precision,
    num_counted: Callable[[Parts], int],
) -> dict[str, Any]:
    """`val_loss` and each metric over `batches`, in evaluation mode; the modes that its modules had are put back.

    `metrics_for` names the metrics that suit outputs and targets; it is asked with the first batch. `num_counted` says
    how many targets of a batch its loss is a mean of; a metric is a mean over samples.
    """
    loss, metrics = Mean(loss_fn), None
    with evaluating(model):
        for loaded in batches:
            batch = placed(loaded, precision.device)
            with precision.autocast:
                outputs = forward(model, batch.inputs)
                if metrics is None:
                    named = metrics_for(outputs, batch.targets)
                    metrics = {name: collector(metric, precision.device) for name, metric in named.items()}
                loss.update(outputs, batch.targets, num_counted(batch))
                for metric in metrics.values():
                    metric.update(outputs, batch.targets, size(batch.inputs))
    measured = {"loss": loss, **(metrics or {})}
    return {f"val_{name}": metric.compute() for name, metric in measured.items()}
