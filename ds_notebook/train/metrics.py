"""What an evaluation measures: torchmetrics objects and plain functions of (outputs, targets) alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

from ds_notebook.errors import UsageError
from ds_notebook.train.loss import class_axis

MetricFn = Callable[[Any, Any], Any]


class Metric(Protocol):
    """Collects over the batches of an evaluation."""

    def update(self, outputs: Any, targets: Any, weight: int) -> None: ...

    def compute(self) -> Any: ...


class Mean:
    """A plain function's mean over an evaluation: each batch's value counts by the batch's weight."""

    def __init__(self, name: str, function: MetricFn) -> None:
        self._name = name
        self._function = function
        self._total: Any = 0.0
        self._weight = 0

    def update(self, outputs: Any, targets: Any, weight: int) -> None:
        if not weight:  # a loss over no target is NaN
            return
        self._total = self._total + self._number(self._function(outputs, targets)) * weight
        self._weight += weight

    def _number(self, value: Any) -> Any:
        if isinstance(value, Tensor) and value.numel() == 1:  # a sum in its own type would lose small values
            return value.detach().reshape(()).to(torch.float32 if value.device.type == "mps" else torch.float64)
        try:
            return float(value)
        except (TypeError, ValueError, RuntimeError):
            shape = f" of shape {tuple(value.shape)}" if hasattr(value, "shape") else ""
            raise UsageError(
                f"{self._name} gave a {type(value).__name__}{shape} for a batch; expected one number."
            ) from None

    def compute(self) -> Any:
        return self._total / self._weight if self._weight else math.nan


class Accuracy:
    """The share of targets whose class has the largest output, without those that the loss does not count."""

    def __init__(self, ignored_target: int) -> None:
        self._ignored_target = ignored_target
        self._num_right: Any = 0
        self._num_counted: Any = 0

    def update(self, outputs: Any, targets: Any, weight: int) -> None:
        counted = targets != self._ignored_target
        right = outputs.argmax(dim=class_axis(outputs, targets)) == targets
        self._num_right += (right & counted).sum()
        self._num_counted += counted.sum()

    def compute(self) -> Any:
        return self._num_right / self._num_counted  # NaN where none is counted


class Torchmetric:
    """A torchmetrics object: it has its own state, which begins anew with each evaluation."""

    def __init__(self, metric: Any, device: Any) -> None:
        metric.reset()
        self._metric = metric.to(device)

    def update(self, outputs: Any, targets: Any, weight: int) -> None:
        self._metric.update(outputs, targets)

    def compute(self) -> Any:
        return self._metric.compute()


class Metrics:
    """The user's metrics; without any, the accuracy of class targets.

    Raises UsageError for what is no metric, and for two of one name.
    """

    def __init__(self, given: Any) -> None:  # a dict, a list or one of functions and torchmetrics objects
        self._named = _named_metrics(given)
        self._adds_accuracy = given is None

    def begin(self, outputs: Any, targets: Any, *, ignored_target: int, device: Any) -> dict[str, Metric]:
        """Fresh collectors for one evaluation, whose first outputs and targets these are."""
        if self._adds_accuracy and class_axis(outputs, targets) is not None:
            return {"accuracy": Accuracy(ignored_target)}
        return {name: _collector(name, metric, device) for name, metric in self._named.items()}


def _collector(name: str, metric: Any, device: Any) -> Metric:
    if hasattr(metric, "update") and hasattr(metric, "compute"):
        return Torchmetric(metric, device)
    return Mean(f"Metric {name!r}", metric)


def _named_metrics(metrics: Any) -> dict[str, Any]:
    if metrics is None:
        return {}
    if hasattr(metrics, "keys"):  # a torchmetrics MetricCollection, too
        named = dict(metrics)
    else:
        items = list(metrics) if isinstance(metrics, list | tuple) else [metrics]
        names = [_name(item) for item in items]
        if twice := [name for name in names if names.count(name) > 1]:
            raise UsageError(f"Two metrics are called {twice[0]!r}. Pass a dict that gives each a name of its own.")
        named = dict(zip(names, items, strict=True))
    for name, metric in named.items():
        if not callable(metric) or isinstance(metric, type):
            kind = "class" if isinstance(metric, type) else type(metric).__name__
            raise UsageError(
                f"Metric {name!r} is a {kind}; expected a function of (outputs, targets) or a torchmetrics object."
            )
    return named


def _name(metric: Any) -> str:
    name = getattr(metric, "__name__", type(metric).__name__)
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
