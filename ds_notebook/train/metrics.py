"""What an evaluation measures: torchmetrics objects and plain functions of (outputs, targets) alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from ds_notebook.errors import UsageError
from ds_notebook.train.loss import class_axis

MetricFn = Callable[[Any, Any], Any]


class Metric(Protocol):
    """Collects over the batches of an evaluation."""

    def update(self, outputs: Any, targets: Any, num_samples: int) -> None: ...

    def compute(self) -> float: ...


class Mean:
    """A plain function's mean over the samples: each batch's value weighs as many samples as it has."""

    def __init__(self, function: MetricFn) -> None:
        self._function = function
        self._total: Any = 0.0
        self._num_samples = 0

    def update(self, outputs: Any, targets: Any, num_samples: int) -> None:
        value = self._function(outputs, targets)
        self._total = self._total + (value.detach() if hasattr(value, "detach") else value) * num_samples
        self._num_samples += num_samples

    def compute(self) -> float:
        return float(self._total) / self._num_samples if self._num_samples else float("nan")


class Torchmetric:
    """A torchmetrics object: it has its own state, which begins anew with each evaluation."""

    def __init__(self, metric: Any, device: Any) -> None:
        metric.reset()
        self._metric = metric.to(device)

    def update(self, outputs: Any, targets: Any, num_samples: int) -> None:
        self._metric.update(outputs, targets)

    def compute(self) -> float:
        return float(self._metric.compute())


def accuracy(outputs: Any, targets: Any) -> Any:
    """The share of samples whose largest output is their class."""
    return (outputs.argmax(dim=class_axis(outputs, targets)) == targets).float().mean()


def named_metrics(metrics: Any) -> dict[str, Any]:
    """`metrics` as the user gave them (a dict, a list or one), by name; raises UsageError for what is no metric."""
    if metrics is None:
        return {}
    if isinstance(metrics, Mapping):
        named = dict(metrics)
    else:
        items: Iterable[Any] = metrics if isinstance(metrics, list | tuple) else [metrics]
        named = {_name(item): item for item in items}
    for name, metric in named.items():
        if not callable(metric):
            raise UsageError(
                f"Metric {name!r} is a {type(metric).__name__}; expected a function of (outputs, targets) "
                "or a torchmetrics object."
            )
    return named


def _name(metric: Any) -> str:
    name = getattr(metric, "__name__", type(metric).__name__)
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


def collector(metric: Any, device: Any) -> Metric:
    """A fresh collector for one evaluation."""
    if hasattr(metric, "update") and hasattr(metric, "compute"):
        return Torchmetric(metric, device)
    return Mean(metric)
