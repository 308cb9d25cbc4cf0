"""Batches from whatever a person has at hand: a DataLoader, a Dataset, a pair of arrays, an iterable of batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler

from ds_notebook.errors import UsageError
from ds_notebook.train.batch import as_tensor
from ds_notebook.train.config import TrainConfig


class Batches:
    """The plain case: an iterable of batches that can be gone through again, a list for one."""

    def __init__(self, source: Any) -> None:  # whatever the user passed
        self.source = source

    def epoch(self, epoch: int) -> Iterable[Any]:
        """The batches of one epoch, in the order that belongs to it."""
        return self.source  # type: ignore[no-any-return]  # checked to be iterable by `batches_of`

    def __len__(self) -> int:
        """Batches in an epoch; raises TypeError where nobody knows."""
        return len(self.source)

    @property
    def count(self) -> int | None:
        """Batches in an epoch, if known."""
        try:
            return len(self)
        except (TypeError, NotImplementedError):
            return None


class MadeBatches(Batches):
    """A function that makes the iterable anew for each epoch."""

    def epoch(self, epoch: int) -> Iterable[Any]:
        return self.source()  # type: ignore[no-any-return]  # the user's own function


class LoaderBatches(Batches):
    """A DataLoader as the user built it; a distributed sampler is told the epoch."""

    def epoch(self, epoch: int) -> Iterable[Any]:
        if hasattr(self.source.sampler, "set_epoch"):
            self.source.sampler.set_epoch(epoch)
        return self.source  # type: ignore[no-any-return]  # a DataLoader


class ArrayBatches(Batches):
    """A pair of arrays or tensors: whole batches are gathered by index, faster than item by item."""

    def __init__(self, arrays: tuple[Any, Any], batch_size: int, order: _Order | None) -> None:
        inputs, targets = map(as_tensor, arrays)
        if targets.dtype in (torch.int32, torch.int16, torch.int8, torch.uint8):
            targets = targets.to(torch.int64)  # the only integers that torch's losses take as classes
        super().__init__((inputs, targets))
        self._batch_size = batch_size
        self._order = order

    def __len__(self) -> int:
        return -(-len(self.source[0]) // self._batch_size)

    def epoch(self, epoch: int) -> Iterator[Any]:
        inputs, targets = self.source
        if self._order is None:
            yield from zip(inputs.split(self._batch_size), targets.split(self._batch_size), strict=True)
            return
        for chosen in self._order.of(epoch, len(inputs)).split(self._batch_size):
            yield inputs[chosen], targets[chosen]


class DatasetBatches(Batches):
    """A Dataset, loaded in an order that only seed and epoch decide."""

    def __init__(self, dataset: Any, config: TrainConfig, order: _Order | None) -> None:
        self._sampler = None if order is None or isinstance(dataset, IterableDataset) else _EpochSampler(dataset, order)
        super().__init__(
            DataLoader(
                dataset,
                batch_size=config.batch_size,
                sampler=self._sampler,
                num_workers=config.workers,
                persistent_workers=config.workers > 0,
            )
        )

    def epoch(self, epoch: int) -> Iterable[Any]:
        if self._sampler is not None:
            self._sampler.epoch = epoch
        return self.source  # type: ignore[no-any-return]  # the DataLoader made above


class _Order:
    """The order of the samples in each epoch: a function of (seed, epoch) alone, whatever else draws numbers."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, epoch: int, num_samples: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + epoch)
        return torch.randperm(num_samples, generator=generator)


class _EpochSampler(Sampler[int]):
    def __init__(self, dataset: Sized, order: _Order) -> None:
        self.epoch = 0
        self._num_samples = len(dataset)
        self._order = order

    def __len__(self) -> int:
        return self._num_samples

    def __iter__(self) -> Iterator[int]:
        return iter(self._order.of(self.epoch, self._num_samples).tolist())


def batches_of(name: str, data: Any, config: TrainConfig, *, shuffle: bool) -> Batches:
    """Batches from `data`, called `name` in errors; raises UsageError for what cannot give any."""
    order = _Order(config.seed) if shuffle else None
    if isinstance(data, DataLoader):
        found: Batches = LoaderBatches(data)
    elif _is_pair_of_arrays(name, data):
        found = ArrayBatches(data, config.batch_size, order)
    elif isinstance(data, Dataset) or _is_like_a_dataset(data):
        found = DatasetBatches(data, config, order)
    elif callable(data):
        found = MadeBatches(data)
    elif isinstance(data, Iterable):
        found = _iterable(name, data, config, again=not shuffle)
    else:
        raise UsageError(
            f"{name} is a {type(data).__name__}; expected a DataLoader, a Dataset, a pair of arrays (inputs, targets) "
            "or an iterable of batches."
        )
    if found.count == 0:
        raise UsageError(f"{name} is empty: it has no batch to train on." if shuffle else f"{name} is empty.")
    return found


def _is_pair_of_arrays(name: str, data: Any) -> bool:
    if not (isinstance(data, tuple | list) and len(data) == 2 and all(hasattr(array, "shape") for array in data)):
        return False
    inputs, targets = data
    if len(inputs) != len(targets):
        raise UsageError(f"{name} has {len(inputs)} inputs but {len(targets)} targets; there must be one for each.")
    return True


def _is_like_a_dataset(data: Any) -> bool:
    """Single samples by number, as other libraries' datasets give them; a list holds batches."""
    return hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, list | tuple | dict | str)


def _iterable(name: str, data: Iterable[Any], config: TrainConfig, *, again: bool) -> Batches:
    if iter(data) is data and (config.epochs > 1 or again):
        raise UsageError(
            f"{name} is a one-shot iterator and would be empty after the first pass; "
            "pass a list, a DataLoader, or the function that makes it."
        )
    return Batches(data)
