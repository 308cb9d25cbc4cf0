"""A loss that is not finite: where it began, the batch to look at, and the way back."""

import time
from collections.abc import Iterator

import pytest
import torch
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds
from ds_notebook.errors import Diverged

Arrays = tuple[Tensor, Tensor]


class Explodes(nn.Module):
    """A layer whose output becomes infinite in one forward pass, and is fine before and after."""

    def __init__(self, at: int, *, once: bool = True) -> None:
        super().__init__()
        self.at, self.once, self.num_calls = at, once, 0

    def forward(self, inputs: Tensor) -> Tensor:
        self.num_calls += self.training
        now = self.num_calls == self.at if self.once else self.num_calls >= self.at
        return inputs * float("inf") if now else inputs


def exploding(at: int, *, once: bool = True) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), Explodes(at, once=once), nn.Linear(8, 2))


def test_the_module_where_it_began_is_named(blobs: Arrays) -> None:
    trainer = ds.Trainer(exploding(3, once=False), blobs, config=ds.TrainConfig(batch_size=16))

    with pytest.raises(Diverged, match=r"nan at step 2 \(batch 2 of its epoch\), with finite data: 1 \(Explodes\)"):
        trainer.fit()


def test_the_batch_is_saved_and_the_last_good_checkpoint_named(blobs: Arrays) -> None:
    config = ds.TrainConfig(batch_size=16, epochs=9, checkpoint_every_s=1e-6)
    trainer = ds.Trainer(exploding(9, once=False), blobs, config=config)

    with pytest.raises(
        Diverged, match=r"The batch is in blobs/batch-8.safetensors. The last good checkpoint is blobs/"
    ):
        trainer.fit()

    assert trainer.run is not None
    artifact = next(each for each in trainer.run.record.artifacts if each.kind == "batch")
    assert load(trainer.run.record.open(artifact))["batch.0"].shape == (16, 4)


def test_a_rollback_goes_back_with_half_the_learning_rate(blobs: Arrays) -> None:
    config = ds.TrainConfig(batch_size=16, epochs=2, on_divergence="rollback", learning_rate=0.01)
    trainer = ds.Trainer(exploding(3), blobs, config=config)

    run = trainer.fit()

    assert trainer.optimizer.param_groups[0]["lr"] == 0.005
    assert (run.status, run.record.columns()["loss"][0]) == ("finished", list(range(12)))
    decision = next(each for each in run.record.decisions if each.policy == "rollback")
    assert "Went back to blobs/checkpoint-0-" in decision.reason


def test_each_rollback_to_the_same_checkpoint_halves_the_rate_again(blobs: Arrays) -> None:
    layers = exploding(3)
    again = Explodes(5)  # the third pass, the one that traced it, and then
    model = nn.Sequential(layers, again)
    config = ds.TrainConfig(batch_size=16, on_divergence="rollback", learning_rate=0.01)
    trainer = ds.Trainer(model, blobs, config=config)

    trainer.fit()

    assert trainer.optimizer.param_groups[0]["lr"] == 0.0025


def test_a_training_that_always_diverges_ends_after_five_rollbacks(blobs: Arrays) -> None:
    config = ds.TrainConfig(batch_size=16, on_divergence="rollback")
    trainer = ds.Trainer(exploding(1, once=False), blobs, config=config)

    with pytest.raises(Diverged):
        trainer.fit()

    assert trainer.run is not None
    assert sum(each.policy == "rollback" for each in trainer.run.record.decisions) == 5


def test_bad_data_is_no_reason_to_go_back(model: nn.Module, blobs: Arrays) -> None:
    blobs[0][40] = float("nan")

    with pytest.raises(Diverged, match="Clean the data"):
        ds.Trainer(model, blobs, config=ds.TrainConfig(on_divergence="rollback")).fit()


def test_a_loss_function_that_gives_nan_is_said_to_be_the_place(model: nn.Module, blobs: Arrays) -> None:
    def loss_fn(outputs: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(outputs, targets) * float("nan")

    with pytest.raises(Diverged, match="with finite data and outputs, in the loss itself"):
        ds.Trainer(model, blobs, loss_fn=loss_fn).fit()


class SpoilsGradients(torch.autograd.Function):
    """Forward all is well; backward NaN."""

    @staticmethod
    def forward(ctx: object, inputs: Tensor) -> Tensor:
        return inputs.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return gradient * float("nan")


class Spoils(nn.Module):
    """Spoils the gradients of one step."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at, self.num_calls = at, 0

    def forward(self, inputs: Tensor) -> Tensor:
        self.num_calls += self.training
        return SpoilsGradients.apply(inputs) if self.num_calls == self.at else inputs  # type: ignore[no-any-return]


def test_a_checkpoint_that_holds_nan_is_no_good_one(blobs: Arrays) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), Spoils(8), nn.Linear(8, 2))
    config = ds.TrainConfig(batch_size=16, epochs=9, checkpoint_every_s=1e-6, on_divergence="rollback")

    # in the step with the bad gradients the loss is fine, so a checkpoint after it holds NaN
    trainer = ds.Trainer(model, blobs, config=config)
    run = trainer.fit()

    assert run.status == "finished"
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_a_stream_cannot_go_back_into_its_middle_and_stops(blobs: Arrays, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ds_notebook.record.run.FLUSH_NS", 0)  # each step is a sampled one, so each may be saved
    monkeypatch.setattr("ds_notebook.record.run.POLL_NS", 0)
    config = ds.TrainConfig(on_divergence="rollback", checkpoint_every_s=1e-6)

    def stream() -> Iterator[Arrays]:
        for number in range(20):
            while len(ds.runs()[0].artifacts) < min(number // 2, 2):  # on a busy machine one may still be in flight
                time.sleep(0.01)
            yield blobs
            time.sleep(0.01)

    trainer = ds.Trainer(exploding(10), stream, config=config)

    with pytest.raises(Diverged):
        trainer.fit()

    assert trainer.run is not None and trainer.run.record.state == "failed"


def test_a_rollback_to_where_a_warm_up_begins_at_zero_halves_what_it_warms_up_to(blobs: Arrays) -> None:
    model = exploding(3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    warm_up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 4))
    config = ds.TrainConfig(batch_size=16, epochs=2, on_divergence="rollback", scheduler_every="step")

    ds.Trainer(model, blobs, optimizer=optimizer, scheduler=warm_up, config=config).fit()

    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.05)


def test_a_checkpoint_from_which_it_comes_to_the_same_end_is_passed_over(blobs: Arrays) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=2.0)
    config = ds.TrainConfig(batch_size=16, epochs=3, on_divergence="rollback", checkpoint_every_s=1e-6)
    data = blobs[0], blobs[0].sum(dim=1, keepdim=True)

    run = ds.Trainer(model, data, loss_fn=nn.functional.mse_loss, optimizer=optimizer, config=config).fit()

    assert run.status == "finished"
    assert any(each.kind == "kept" and each.step == 0 for each in run.record.artifacts)


class SpoilsLast(nn.Module):
    """Its loss is finite, but the gradient of the last step is not."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at, self.num_calls = at, 0

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        self.num_calls += 1
        spoilt = (outputs * 0).abs().sum().sqrt() if self.num_calls == self.at else 0.0
        return cross_entropy(outputs, targets) + spoilt


def test_weights_that_the_last_step_spoilt_are_no_finished_training(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, blobs, loss_fn=SpoilsLast(6), config=ds.TrainConfig(batch_size=16))

    with pytest.raises(Diverged, match=r"After step 5 the weights hold NaN, with finite data: weight of 0 \(Linear\)"):
        trainer.fit()


def test_values_that_the_model_cleans_itself_are_not_blamed(blobs: Arrays) -> None:
    class Cleans(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            return torch.nan_to_num(inputs)

    blobs[0][3, 1] = float("nan")
    model = nn.Sequential(Cleans(), exploding(3))

    run = ds.Trainer(model, blobs, config=ds.TrainConfig(batch_size=16, on_divergence="rollback")).fit()

    assert run.status == "finished"


def test_a_loss_with_gradients_of_its_own_rolls_back_too(blobs: Arrays) -> None:
    model = exploding(3)

    def penalized(outputs: Tensor, targets: Tensor) -> Tensor:
        loss = cross_entropy(outputs, targets)
        (slope,) = torch.autograd.grad(loss, model[0].weight, create_graph=True)
        return loss + 0.01 * slope.square().sum()

    config = ds.TrainConfig(batch_size=16, on_divergence="rollback")

    assert ds.Trainer(model, blobs, loss_fn=penalized, config=config).fit().status == "finished"


def test_data_that_has_spoilt_the_weights_is_blamed_for_it(blobs: Arrays) -> None:
    inputs, targets = blobs[0], blobs[0].sum(dim=1, keepdim=True)
    targets[::3] = float("nan")

    def passed_over(outputs: Tensor, targets: Tensor) -> Tensor:  # its gradient is NaN all the same
        return torch.where(targets.isnan(), 0.0, (outputs - targets) ** 2).mean()

    trainer = ds.Trainer(nn.Linear(4, 1), (inputs, targets), loss_fn=passed_over, config=ds.TrainConfig(batch_size=16))

    with pytest.raises(Diverged, match="the targets hold NaN or infinity in row"):
        trainer.fit()
