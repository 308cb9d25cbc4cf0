"""Batches from whatever a person has at hand: a DataLoader, a Dataset, a pair of arrays, an iterable of batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any

import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
)

from ds_notebook.errors import UsageError
from ds_notebook.train.batch import as_tensor
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.seeded import SeededItems


class Batches:
    """The plain case: an iterable of batches that can be gone through again, a list for one."""

    def __init__(self, source: Any) -> None:  # whatever the user passed
        self.source = source

    def epoch(self, epoch: int, start: int = 0) -> Iterable[Any]:
        """The batches of one epoch in the order that belongs to it, from batch `start` on where it `rewinds`."""
        return self.source[start:] if start else self.source  # type: ignore[no-any-return]  # checked by `batches_of`

    @property
    def rewinds(self) -> bool:
        """Whether an epoch can be entered in its middle: its order is known, and batches can be skipped."""
        return isinstance(self.source, Sequence)

    batch_size: int | None = None
    """Samples in a batch, to be set between two epochs; None where the user's own data decides."""

    def sample(self) -> Any:
        """Something of the data, the same each time, to know it by again."""
        return [self.source[0], self.source[-1], len(self.source)] if self.rewinds else None

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

    def epoch(self, epoch: int, start: int = 0) -> Iterable[Any]:
        return self.source()  # type: ignore[no-any-return]  # the user's own function


class LoaderBatches(Batches):
    """A DataLoader with an order of its own; a distributed sampler is told the epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterable[Any]:
        if hasattr(self.source.sampler, "set_epoch"):
            self.source.sampler.set_epoch(epoch)
        return self.source  # type: ignore[no-any-return]  # a DataLoader


class ArrayBatches(Batches):
    """A pair of arrays or tensors: whole batches are gathered by index, faster than item by item."""

    rewinds = True

    batch_size: int

    def __init__(self, name: str, arrays: tuple[Any, Any], batch_size: int, order: _Order) -> None:
        inputs, targets = _as_tensor(f"inputs of {name}", arrays[0]), _as_tensor(f"targets of {name}", arrays[1])
        if targets.dtype in (torch.int32, torch.int16, torch.int8, torch.uint8):
            targets = targets.to(torch.int64)  # the only integers that torch's losses take as classes
        super().__init__((inputs, targets))
        self.batch_size = batch_size
        self._order = order

    def __len__(self) -> int:
        return -(-len(self.source[0]) // self.batch_size)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Any]:
        inputs, targets = self.source
        order = self._order.of(epoch, len(inputs)) if self._order.shuffles else None
        for first in range(start * self.batch_size, len(inputs), self.batch_size):
            chosen: Any = slice(first, first + self.batch_size)
            if order is not None:
                chosen = order[chosen]
            yield inputs[chosen], targets[chosen]

    def sample(self) -> Any:
        inputs, targets = self.source
        some = torch.linspace(0, len(inputs) - 1, min(len(inputs), 64), dtype=torch.float64).long()
        return [inputs[some], targets[some], len(inputs)]


class DatasetBatches(Batches):
    """A Dataset, or a DataLoader's: order and each item's randomness are decided by seed, epoch and index alone."""

    rewinds = True

    def __init__(self, dataset: Any, seed: int, order: _Order, batch_size: int, drop_last: bool, **loader: Any) -> None:
        self._items = SeededItems(dataset, seed)
        self._sampler = _EpochSampler(dataset, order, batch_size, drop_last)
        super().__init__(
            DataLoader(
                self._items,
                batch_sampler=self._sampler,
                generator=torch.Generator().manual_seed(seed),  # iterators shall not draw from the training's numbers
                **loader,
            )
        )

    def epoch(self, epoch: int, start: int = 0) -> Iterable[Any]:
        self._sampler.epoch, self._sampler.start = epoch, start
        return self.source  # type: ignore[no-any-return]  # the DataLoader made above

    @property
    def batch_size(self) -> int:
        """Samples in a batch, to be set between two epochs."""
        return self._sampler.batch_size

    @batch_size.setter
    def batch_size(self, batch_size: int) -> None:
        self._sampler.batch_size = batch_size

    def sample(self) -> Any:
        num_items = len(self._items.dataset)
        return [*(self._items[0, index] for index in (0, num_items - 1)), num_items]


class _Order:
    """The order of the samples in each epoch: a function of (seed, epoch) alone, whatever else draws numbers."""

    def __init__(self, seed: int, *, shuffles: bool) -> None:
        self._seed = seed
        self.shuffles = shuffles

    def of(self, epoch: int, num_samples: int) -> torch.Tensor:
        if not self.shuffles:
            return torch.arange(num_samples)
        generator = torch.Generator().manual_seed((self._seed * 1_000_003 + epoch) % 2**63)
        return torch.randperm(num_samples, generator=generator)


class _EpochSampler(Sampler[list[tuple[int, int]]]):
    """The batches of an epoch from one of them on, each item named by epoch and index."""

    def __init__(self, dataset: Sized, order: _Order, batch_size: int, drop_last: bool) -> None:
        self.epoch = 0
        self.start = 0
        self.batch_size = batch_size
        self._drop_last = drop_last
        self._num_samples = len(dataset)
        self._order = order

    def __len__(self) -> int:
        whole, rest = divmod(self._num_samples, self.batch_size)
        return whole + bool(rest and not self._drop_last)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        order = self._order.of(self.epoch, self._num_samples).tolist()
        for batch in range(self.start, len(self)):
            first = batch * self.batch_size
            yield [(self.epoch, index) for index in order[first : first + self.batch_size]]


def batches_of(name: str, data: Any, config: TrainConfig, *, shuffle: bool) -> Batches:
    """Batches from `data`, called `name` in errors; raises UsageError for what cannot give any."""
    order = _Order(config.seed, shuffles=shuffle)
    if isinstance(data, DataLoader):
        found = _of_loader(data, config)
    elif _is_pair_of_arrays(name, data):
        found = ArrayBatches(name, data, config.batch_size, order)
    elif isinstance(data, IterableDataset):
        found = LoaderBatches(DataLoader(data, config.batch_size, num_workers=config.workers))
    elif hasattr(data, "iloc") or isinstance(data, Mapping):
        raise UsageError(
            f"{name} is a {type(data).__name__}, which does not say what are inputs and what targets. Pass a pair of "
            "arrays or tables (inputs, targets)."
        )
    elif isinstance(data, Dataset) or _is_like_a_dataset(data):
        workers = {"num_workers": config.workers, "persistent_workers": config.workers > 0}
        found = DatasetBatches(data, config.seed, order, config.batch_size, drop_last=False, **workers)
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


_KEPT = (
    "collate_fn num_workers pin_memory timeout worker_init_fn multiprocessing_context prefetch_factor "
    "persistent_workers pin_memory_device"
).split()
"""What a DataLoader of the user's keeps when its order becomes one that can be entered anywhere."""


def _of_loader(loader: DataLoader[Any], config: TrainConfig) -> Batches:
    """The user's loader; with torch's own samplers, the same loader with an order that a resume can go back to."""
    sampler = loader.batch_sampler
    plain = (
        type(loader) is DataLoader
        and type(sampler) is BatchSampler
        and (type(loader.sampler) is SequentialSampler or _is_plain_shuffle(loader.sampler, loader.dataset))
        and hasattr(loader.dataset, "__len__")
    )
    if not plain:
        return LoaderBatches(loader)
    assert isinstance(sampler, BatchSampler)
    order = _Order(config.seed, shuffles=isinstance(loader.sampler, RandomSampler))
    kept = {name: getattr(loader, name) for name in _KEPT if getattr(loader, name, None) not in (None, "")}
    return DatasetBatches(loader.dataset, config.seed, order, sampler.batch_size, sampler.drop_last, **kept)


def _is_plain_shuffle(sampler: Any, dataset: Any) -> bool:
    """Whether each item comes once, in any order."""
    return type(sampler) is RandomSampler and not sampler.replacement and sampler.num_samples == len(dataset)


def _is_pair_of_arrays(name: str, data: Any) -> bool:
    if not (isinstance(data, tuple | list) and len(data) == 2 and all(map(_is_array, data))):
        return False
    num_inputs, num_targets = map(_length, data)
    if num_inputs != num_targets:
        raise UsageError(f"{name} has {num_inputs} inputs but {num_targets} targets; there must be one for each.")
    return True


def _is_array(data: Any) -> bool:
    """Whether it is an array, or lists of numbers that make one."""
    if hasattr(data, "shape"):
        return True
    while isinstance(data, list) and data:
        data = data[0]
    return isinstance(data, int | float)


def _length(array: Any) -> int:
    if not hasattr(array, "shape"):
        return len(array)
    return int(array.shape[0]) if array.shape else 0  # len() of a sparse matrix is an error


def _as_tensor(what: str, array: Any) -> torch.Tensor:
    try:
        return as_tensor(array)
    except (TypeError, ValueError, RuntimeError):
        kind = type(array).__name__ + (f" of {array.dtype}" if hasattr(array, "dtype") else "")
        advice = (
            "Pass its .toarray()" if hasattr(array, "toarray") else "Make numbers of them first, of names their places"
        )
        raise UsageError(f"The {what} are a {kind}; expected numbers, one row a sample. {advice}.") from None


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
