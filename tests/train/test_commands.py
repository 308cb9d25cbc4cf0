"""A trainer obeys commands between two steps, and says in the record what became of each."""

import os
import time
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import ds_notebook as ds
from ds_notebook.record.commands import Save, Set, Stop, send
from ds_notebook.train.checkpoints import open_checkpoint

Arrays = tuple[Tensor, Tensor]


class Sending:
    """Endless batches; sends a command to the newest run with the first, and ends with Stop once it is answered."""

    def __init__(self, batch: Arrays, command: Save | Set | Stop) -> None:
        self.batch, self.command = batch, command

    def __iter__(self) -> Iterator[Arrays]:
        run = ds.runs()[0]
        send(run.path, self.command)
        while True:
            yield self.batch
            if run.decisions and not isinstance(self.command, Stop):
                send(run.path, Stop())


def test_stop_ends_the_run_normally(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, Sending(blobs, Stop()), config=ds.TrainConfig(epochs=9)).fit()

    assert run.record.state == "stopped"


def test_set_lr_changes_the_rate_and_is_answered(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, Sending(blobs, Set(name="lr", value=0.25)))

    run = trainer.fit()

    assert trainer.optimizer.param_groups[0]["lr"] == 0.25
    assert run.record.decisions[0].verdict == "applied"


def test_a_value_that_cannot_be_set_is_refused_with_the_reason(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, Sending(blobs, Set(name="colour", value=1))).fit()

    decision = run.record.decisions[0]
    assert decision.verdict == "refused"
    assert decision.reason == "only lr (0 or more), batch_size and threads (1 or more) can be set, not colour=1"


def test_save_keeps_a_checkpoint_and_is_answered_once_it_is_on_the_disk(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, Sending(blobs, Save()), config=ds.TrainConfig(learning_rate=0.0, weight_decay=0.0)).fit()

    record = run.record
    saved = open_checkpoint(record, record.artifacts[0])["model"]
    assert all(torch.equal(saved[name], weight) for name, weight in model.state_dict().items())
    assert record.decisions[0].verdict == "applied"


def test_set_batch_size_holds_from_the_next_epoch_on(model: nn.Module, blobs: Arrays) -> None:
    sizes: list[int] = []

    def loss_fn(outputs: Tensor, targets: Tensor) -> Tensor:
        if not sizes:
            send(ds.runs()[0].path, Set(name="batch_size", value=48))
            time.sleep(0.06)  # a look at the commands is due at the step's end
        sizes.append(len(targets))
        return cross_entropy(outputs, targets)

    run = ds.Trainer(model, blobs, loss_fn=loss_fn, config=ds.TrainConfig(epochs=2, batch_size=16)).fit()

    assert sizes == [16] * 6 + [48, 48]
    assert run.record.decisions[0].verdict == "applied"


def test_set_batch_size_is_refused_where_the_data_has_batches_of_its_own(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, Sending(blobs, Set(name="batch_size", value=8))).fit()

    assert run.record.decisions[0].reason == "the data comes in batches of its own"


def test_set_threads_holds_until_the_end(model: nn.Module, blobs: Arrays) -> None:
    used = []

    class Model(nn.Sequential):
        def forward(self, inputs: Tensor) -> Tensor:
            used.append(torch.get_num_threads())
            return super().forward(inputs)  # type: ignore[no-any-return]

    ds.Trainer(Model(*model), Sending(blobs, Set(name="threads", value=2))).fit()

    assert (used[0], used[-1], torch.get_num_threads()) == (1, 2, 1)


def test_a_scheduler_goes_on_from_the_rate_that_was_set(model: nn.Module) -> None:
    from ds_notebook.train.optim import set_learning_rate

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)

    set_learning_rate(optimizer, scheduler, 0.4)
    optimizer.step()
    scheduler.step()

    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.4)


def test_a_rate_that_was_set_holds_with_schedulers_that_keep_their_own(model: nn.Module) -> None:
    from ds_notebook.train.optim import set_learning_rate

    for make in (
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=100),
        lambda optimizer: torch.optim.lr_scheduler.SequentialLR(
            optimizer, [torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0) for _ in range(2)], [3]
        ),
    ):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scheduler = make(optimizer)
        rate = optimizer.param_groups[0]["lr"]

        set_learning_rate(optimizer, scheduler, rate / 100)
        for _ in range(5):
            optimizer.step()
            scheduler.step()

        assert optimizer.param_groups[0]["lr"] < rate / 10


def test_stop_in_the_evaluation_is_obeyed_there(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, [blobs], Sending(blobs, Stop()), config=ds.TrainConfig(epochs=9)).fit()

    assert run.record.state == "stopped"
    assert "val_loss" not in run.record.columns()


def test_save_is_refused_where_no_checkpoint_can_hold_the_state(blobs: Arrays) -> None:
    model = nn.Linear(4, 2)
    model.register_buffer("table", torch.eye(3).to_sparse())

    run = ds.Trainer(model, Sending(blobs, Save())).fit()

    assert run.status == "stopped"
    assert run.record.decisions[0].reason.startswith("The state model/table is")


def test_more_threads_than_there_are_cores_are_refused(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, Sending(blobs, Set(name="threads", value=100_000))).fit()

    assert run.record.decisions[0].reason == f"this machine has {os.cpu_count()} cores"


def test_a_cosine_ends_with_the_training_whatever_batch_size_was_set(model: nn.Module, blobs: Arrays) -> None:
    rates: list[float] = []

    def loss_fn(outputs: Tensor, targets: Tensor) -> Tensor:
        if not rates:
            send(ds.runs()[0].path, Set(name="batch_size", value=48))
            time.sleep(0.06)  # a look at the commands is due at the step's end
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        return cross_entropy(outputs, targets)

    config = ds.TrainConfig(epochs=3, batch_size=16, schedule="cosine", learning_rate=1.0)
    trainer = ds.Trainer(model, blobs, loss_fn=loss_fn, config=config)
    trainer.fit()

    assert len(rates) == 6 + 2 + 2
    assert rates[6] == pytest.approx(0.75) and rates == sorted(rates, reverse=True)
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.0)


def test_set_batch_size_counts_from_the_size_that_a_loader_of_ones_own_has(model: nn.Module, blobs: Arrays) -> None:
    sizes: list[int] = []

    def loss_fn(outputs: Tensor, targets: Tensor) -> Tensor:
        if not sizes:
            send(ds.runs()[0].path, Set(name="batch_size", value=64))  # what the option's default is
            time.sleep(0.06)
        sizes.append(len(targets))
        return cross_entropy(outputs, targets)

    loader = DataLoader(TensorDataset(*blobs), batch_size=32, shuffle=True)
    ds.Trainer(model, loader, loss_fn=loss_fn, config=ds.TrainConfig(epochs=2)).fit()

    assert sizes == [32, 32, 32, 64, 32]
