"""Measuring a model on data that it does not learn from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from ds_notebook.train.batch import forward, num_samples, placed
from ds_notebook.train.metrics import Mean, Metric, Metrics
from ds_notebook.train.modes import evaluating
from ds_notebook.train.step import Step


@torch.no_grad()
def evaluate(model: nn.Module, batches: Iterable[Any], step: Step, metrics: Metrics) -> dict[str, Any]:
    """`val_loss`, by the loss of `step`, and each metric over `batches`.

    The model is in evaluation mode; the modes that its modules had are put back. The loss is a mean over the targets
    that count, a metric over samples.
    """
    device = step.precision.device
    loss = Mean("loss_fn", step.loss_fn)
    collectors: dict[str, Metric] | None = None
    with evaluating(model):
        for loaded in batches:
            batch = placed(loaded, device)
            inputs, targets = batch
            with step.precision.autocast:
                outputs = forward(model, inputs)
                if collectors is None:
                    collectors = metrics.begin(outputs, targets, ignored_target=step.ignored_target, device=device)
                loss.update(outputs, targets, step.num_counted(batch))
                for metric in collectors.values():
                    metric.update(outputs, targets, num_samples(batch))
    measured: dict[str, Metric] = {"loss": loss, **(collectors or {})}
    return {f"val_{name}": metric.compute() for name, metric in measured.items()}
