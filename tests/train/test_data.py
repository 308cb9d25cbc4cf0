"""Whatever a person has at hand gives batches, or is refused in one sentence."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import ds_notebook as ds

Arrays = tuple[Tensor, Tensor]


class ByIndex(Dataset[Any]):
    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: int) -> Any:
        return self.arrays[0][index], self.arrays[1][index]


class OneByOne(IterableDataset[Any]):
    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays

    def __iter__(self) -> Iterator[Any]:
        return zip(*self.arrays, strict=True)


KINDS = {
    "DataLoader": lambda a: DataLoader(TensorDataset(*a), batch_size=32),
    "Dataset": ByIndex,
    "iterable Dataset": OneByOne,
    "tensors": lambda a: a,
    "list of two tensors": list,
    "numpy arrays": lambda a: (a[0].double().numpy(), a[1].int().numpy()),
    "list of batches": lambda a: list(zip(a[0].split(32), a[1].split(32), strict=True)),
    "function that makes batches": lambda a: lambda: zip(a[0].split(32), a[1].split(32), strict=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_data_is_trained_on_whole(kind: str, model: nn.Module, blobs: Arrays) -> None:
    data = KINDS[kind](blobs)

    run = ds.Trainer(model, data, data, config=ds.TrainConfig(epochs=2, batch_size=32)).fit()

    assert run.record.columns()["loss"][0] == list(range(6))


def test_a_table_of_pandas_is_a_pair_of_arrays(model: nn.Module, blobs: Arrays) -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(blobs[0].numpy())

    run = ds.Trainer(model, (table, pandas.Series(blobs[1].numpy()))).fit()

    assert run.status == "finished"


def test_arrays_and_a_dataset_of_them_come_in_the_same_order(blobs: Arrays) -> None:
    from ds_notebook.train.data import batches_of

    config = ds.TrainConfig(batch_size=40, seed=5)
    arrays, dataset = (batches_of("train_data", data, config, shuffle=True) for data in (blobs, ByIndex(blobs)))

    for epoch in (0, 1):
        for (one, _), (other, _) in zip(arrays.epoch(epoch), dataset.epoch(epoch), strict=True):
            assert torch.equal(one, other)


def test_each_epoch_has_an_order_of_its_own(blobs: Arrays) -> None:
    from ds_notebook.train.data import batches_of

    batches = batches_of("train_data", blobs, ds.TrainConfig(batch_size=96), shuffle=True)

    (first, _), (second, _), (again, _) = (next(iter(batches.epoch(epoch))) for epoch in (0, 1, 0))
    assert not torch.equal(first, second)
    assert torch.equal(first, again)


def test_loader_workers_load_the_same_batches(model: nn.Module, blobs: Arrays) -> None:
    config = ds.TrainConfig(batch_size=32, workers=2)

    run = ds.Trainer(model, ByIndex(blobs), config=config).fit()

    assert len(run.record.columns()["loss"][0]) == 3


def test_a_dict_of_a_hugging_face_kind_goes_in_by_names(blobs: Arrays) -> None:
    class WithLoss(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 2)

        def forward(self, features: Tensor, labels: Tensor) -> dict[str, Tensor]:
            logits = self.linear(features)
            return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}

    run = ds.Trainer(WithLoss(), [{"features": blobs[0], "labels": blobs[1]}]).fit()

    assert run.record.notes[0].text == "loss_fn: the model's own loss."


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "train_data is empty"),
        ((torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)), "train_data is empty"),
        ((torch.zeros(3, 4), torch.zeros(2)), "3 inputs but 2 targets"),
        (42, "train_data is a int; expected a DataLoader"),
        (["a word"], "A batch is a str; expected a pair"),
        ([torch.zeros(4, 4)], r"A batch is a Tensor of shape \(4, 4\); expected a pair"),
        ([("text", "more")], "A batch holds a str; expected tensors"),
        (iter([]), "train_data is empty"),
        (lambda: iter([]), "train_data is empty"),
    ],
)
def test_data_that_gives_no_batch_is_refused_in_a_sentence(data: Any, sentence: str, model: nn.Module) -> None:
    with pytest.raises(ds.UsageError, match=sentence):
        ds.Trainer(model, data).fit()


def test_a_one_shot_iterator_is_refused_for_several_epochs(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(ds.UsageError, match="one-shot iterator"):
        ds.Trainer(model, iter([blobs]), config=ds.TrainConfig(epochs=2))


def test_a_batch_that_does_not_fit_the_model_is_said_with_its_shape(model: nn.Module) -> None:
    data = (np.zeros((8, 5), dtype=np.float32), np.zeros(8, dtype=np.int64))

    with pytest.raises(ds.UsageError, match=r"does not take a batch of shape \(8, 5\)"):
        ds.Trainer(model, data).fit()


def test_a_seed_of_any_size_gives_an_order(model: nn.Module, blobs: Arrays) -> None:
    assert ds.Trainer(model, blobs, config=ds.TrainConfig(seed=20_261_201_123_456)).fit().status == "finished"


def test_lists_of_numbers_are_a_pair_of_arrays(model: nn.Module, blobs: Arrays) -> None:
    lists = tuple(part.tolist() for part in blobs)

    run = ds.Trainer(model, lists, config=ds.TrainConfig(batch_size=32)).fit()

    assert len(run.record.columns()["loss"][0]) == 3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            (np.zeros((2, 4)), np.array(["cat", "dog"])),
            "The targets of train_data are a ndarray of <U3; expected numbers",
        ),
        ({"inputs": [[1.0]], "targets": [1]}, "train_data is a dict, which does not say what are inputs"),
    ],
)
def test_data_that_cannot_be_trained_on_is_refused_in_a_sentence(data: Any, sentence: str, model: nn.Module) -> None:
    with pytest.raises(ds.UsageError, match=sentence):
        ds.Trainer(model, data).fit()


def test_a_table_alone_is_refused_in_a_sentence(model: nn.Module) -> None:
    pandas = pytest.importorskip("pandas")

    with pytest.raises(ds.UsageError, match=r"train_data is a DataFrame, .* Pass a pair"):
        ds.Trainer(model, pandas.DataFrame({"a": [1.0], "label": [1]}))


def test_a_sparse_matrix_is_refused_in_a_sentence(model: nn.Module, blobs: Arrays) -> None:
    sparse = pytest.importorskip("scipy.sparse")

    with pytest.raises(ds.UsageError, match=r"inputs of train_data are a csr_matrix .* Pass its .toarray\(\)"):
        ds.Trainer(model, (sparse.csr_matrix(blobs[0].numpy()), blobs[1]))
