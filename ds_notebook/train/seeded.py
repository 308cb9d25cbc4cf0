"""Items of a Dataset whose randomness (an augmentation, for one) is a function of seed, epoch and index alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.utils.data import Dataset, TensorDataset, get_worker_info

from ds_notebook.train.rng import rng_kept, seed_cpu

Key = tuple[int, int]
"""Epoch and index."""


class SeededItems(Dataset[Any]):
    """The items of `dataset` by (epoch, index); torch's, numpy's and Python's numbers start anew for each.

    So an item is the same in every process, with any number of workers, and after a resume. In the training's own
    process the numbers are put back after each batch, so that data and dropout do not meet.
    """

    def __init__(self, dataset: Any, seed: int) -> None:
        self.dataset = dataset
        self._seed = seed
        self._draws = type(dataset) is not TensorDataset

    def __getitem__(self, key: Key) -> Any:
        return self.__getitems__([key])[0]

    def __getitems__(self, keys: Sequence[Key]) -> Sequence[Any]:
        """The items of a batch, as torch's loader asks for them."""
        if not self._draws or get_worker_info() is not None:
            return self._items(keys)
        with rng_kept():
            return self._items(keys)

    def _items(self, keys: Sequence[Key]) -> Sequence[Any]:
        indices = [index for _, index in keys]
        if hasattr(self.dataset, "__getitems__"):
            self._start(keys[0])
            return self.dataset.__getitems__(indices)  # type: ignore[no-any-return]  # the user's own
        items = []
        for key in keys:
            self._start(key)
            items.append(self.dataset[key[1]])
        return items

    def _start(self, key: Key) -> None:
        if self._draws or get_worker_info() is not None:  # in a worker what collates the items may draw, too
            seed_cpu(hash((self._seed, *key)) & 0x7FFF_FFFF_FFFF_FFFF)
