"""Measuring a model on data that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.train.batch import forward, placed, size
from ds_notebook.train.metrics import Mean, Metric, collector
from ds_notebook.train.precision import Precision


@torch.no_grad()
def evaluate(
    model: nn.Module,
    batches: Iterable[Any],
    loss_fn: Callable[[Any, Any], Tensor],
    metrics_for: Callable[[Any, Any], Mapping[str, Any]],
    precision: Precision,
) -> dict[str, float]:
    """`val_loss` and each metric over `batches`, in evaluation mode; the mode it had is put back.

    `metrics_for` names the metrics that suit outputs and targets; it is asked with the first batch.
    """
    was_training = model.training
    model.eval()
    collectors: dict[str, Metric] = {"loss": Mean(loss_fn)}
    seen_any = False
    try:
        for batch in batches:
            inputs, targets = placed(batch, precision.device)
            with precision.autocast:
                outputs = forward(model, inputs)
                if not seen_any:
                    seen_any = True
                    metrics = metrics_for(outputs, targets)
                    collectors |= {name: collector(metric, precision.device) for name, metric in metrics.items()}
                for metric in collectors.values():
                    metric.update(outputs, targets, size(inputs))
    finally:
        model.train(was_training)
    return {f"val_{name}": metric.compute() for name, metric in collectors.items()}
