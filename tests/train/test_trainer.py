"""The trainer does what a loop by hand does, and leaves a record of it."""

import copy
import math
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds
from ds_notebook.errors import UsageError
from ds_notebook.record.commands import Pause, Resume, send
from ds_notebook.record.events import Note, Span
from ds_notebook.record.reader import Record
from ds_notebook.train.batch import Parts, num_samples

Arrays = tuple[Tensor, Tensor]


def trained_by_hand(model: nn.Module, batches: list[Arrays]) -> nn.Module:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    for inputs, targets in batches:
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    return model


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def values(run: ds.Run, name: str) -> list[float]:
    return run.record.columns()[name][2]


def test_weights_equal_those_of_a_loop_by_hand_bit_for_bit(model: nn.Module, blobs: Arrays) -> None:
    batches = [(blobs[0][i : i + 16], blobs[1][i : i + 16]) for i in range(0, 96, 16)]
    by_hand = trained_by_hand(copy.deepcopy(model), batches)

    ds.Trainer(model, batches).fit()

    assert same_weights(model, by_hand)


def test_the_record_has_one_loss_a_step(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, blobs, config=ds.TrainConfig(epochs=3, batch_size=32)).fit()

    steps, _, losses = run.record.columns()["loss"]
    assert steps == list(range(9))
    assert all(math.isfinite(loss) for loss in losses)


def test_the_same_seed_gives_the_same_run(model: nn.Module, blobs: Arrays) -> None:
    twin = copy.deepcopy(model)
    config = ds.TrainConfig(epochs=2, seed=3)

    first, second = (ds.Trainer(each, blobs, config=config).fit() for each in (model, twin))

    assert values(first, "loss") == values(second, "loss")
    assert same_weights(model, twin)


def test_another_seed_gives_another_order(model: nn.Module, blobs: Arrays) -> None:
    twin = copy.deepcopy(model)

    first = ds.Trainer(model, blobs, config=ds.TrainConfig(batch_size=16, seed=0)).fit()
    second = ds.Trainer(twin, blobs, config=ds.TrainConfig(batch_size=16, seed=1)).fit()

    assert values(first, "loss") != values(second, "loss")


def test_class_targets_are_evaluated_by_loss_and_accuracy_each_epoch(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(epochs=4)).fit()

    assert len(values(run, "val_loss")) == 4
    assert 0 <= values(run, "val_accuracy")[-1] <= 1


def test_evaluation_changes_neither_the_mode_nor_the_weights(model: nn.Module, blobs: Arrays) -> None:
    with_dropout = nn.Sequential(model, nn.Dropout(0.5))
    twin = copy.deepcopy(with_dropout)

    ds.Trainer(with_dropout, blobs, blobs, config=ds.TrainConfig(epochs=2)).fit()
    ds.Trainer(twin, blobs, config=ds.TrainConfig(epochs=2)).fit()

    assert with_dropout.training
    assert same_weights(with_dropout, twin)


def test_micro_batches_learn_what_the_whole_batch_does(model: nn.Module, blobs: Arrays) -> None:
    twin = copy.deepcopy(model)

    whole = ds.Trainer(model, blobs, config=ds.TrainConfig(batch_size=40, epochs=2)).fit()
    parted = ds.Trainer(twin, blobs, config=ds.TrainConfig(batch_size=40, micro_batch=16, epochs=2)).fit()

    assert values(parted, "loss") == pytest.approx(values(whole, "loss"), abs=1e-5)


def test_clipping_bounds_the_norm_of_an_update(model: nn.Module, blobs: Arrays) -> None:
    before = [weight.detach().clone() for weight in model.parameters()]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

    ds.Trainer(model, [blobs], optimizer=optimizer, config=ds.TrainConfig(clip_norm=0.01)).fit()

    moved = torch.cat([(a - b).flatten() for a, b in zip(model.parameters(), before, strict=True)])
    assert moved.norm().item() == pytest.approx(0.01, rel=1e-3)


def test_warm_up_and_cosine_move_the_learning_rate(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(
        model, [blobs] * 10, config=ds.TrainConfig(warmup_steps=4, schedule="cosine", learning_rate=1.0)
    )
    rates = []
    for _ in range(10):
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        trainer.optimizer.step()
        trainer.scheduler.step()

    assert rates[:4] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert rates[4] == pytest.approx(1.0)
    assert rates[4:] == sorted(rates[4:], reverse=True)


def test_an_optimizer_and_a_scheduler_of_the_users_own_are_used(model: nn.Module, blobs: Arrays) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.1)

    ds.Trainer(model, blobs, optimizer=optimizer, scheduler=scheduler, config=ds.TrainConfig(epochs=2)).fit()

    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)


def test_a_plateau_scheduler_is_told_the_validation_loss(model: nn.Module, blobs: Arrays) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)

    ds.Trainer(model, blobs, blobs, optimizer=optimizer, scheduler=scheduler, config=ds.TrainConfig(epochs=2)).fit()

    assert scheduler.num_bad_epochs == 0 and scheduler.last_epoch == 2


def test_an_optimizer_may_be_a_function_of_the_parameters(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, blobs, optimizer=lambda weights: torch.optim.SGD(weights, lr=0.5))

    assert isinstance(trainer.optimizer, torch.optim.SGD)


def test_training_stops_early_when_nothing_gets_better(model: nn.Module, blobs: Arrays) -> None:
    config = ds.TrainConfig(epochs=50, patience=2, learning_rate=0.0)

    run = ds.Trainer(model, blobs, blobs, config=config).fit()

    assert run.status == "finished"
    assert len(values(run, "val_loss")) == 3  # the first is the best, then two no better


def test_the_phases_of_sampled_steps_are_on_the_time_line(
    model: nn.Module, blobs: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    for interval in ("FLUSH_NS", "POLL_NS"):  # this training may be done in 20 ms
        monkeypatch.setattr(f"ds_notebook.record.run.{interval}", 1_000_000)
    run = ds.Trainer(model, blobs, config=ds.TrainConfig(epochs=30)).fit()

    spans = [event for event in run.record.events() if isinstance(event, Span) and event.name != "epoch"]
    assert {span.name for span in spans} == {"forward", "backward", "optimizer"}
    assert all(span.step is not None for span in spans)


def test_a_second_fit_after_an_early_stop_trains_again(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(epochs=50, patience=2, learning_rate=0.0))

    runs = [trainer.fit(), trainer.fit()]

    assert [len(values(run, "val_loss")) for run in runs] == [3, 3]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_each_precision_learns(precision: str, model: nn.Module, blobs: Arrays) -> None:
    config = ds.TrainConfig(epochs=30, learning_rate=0.01, precision=precision)  # type: ignore[arg-type]  # of the list

    run = ds.Trainer(model, blobs, blobs, config=config).fit()

    assert values(run, "val_accuracy")[-1] > 0.9
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def test_fp16_leaves_out_a_step_whose_gradients_overflow(model: nn.Module, blobs: Arrays) -> None:
    before = copy.deepcopy(model)

    trainer = ds.Trainer(
        model, [blobs], loss_fn=lambda o, t: cross_entropy(o, t) * 1e4, config=ds.TrainConfig(precision="fp16")
    )
    trainer.fit()

    assert same_weights(model, before)
    assert trainer.state.step.precision.state()["scale"] < 2**16


def test_a_torchmetrics_object_starts_anew_each_epoch(model: nn.Module, blobs: Arrays) -> None:
    torchmetrics = pytest.importorskip("torchmetrics")
    metric = torchmetrics.classification.MulticlassAccuracy(num_classes=2, average="micro")

    run = ds.Trainer(
        model, blobs, blobs, metrics={"tm": metric, "plain": lambda o, t: (o.argmax(1) == t).float().mean()}
    ).fit()

    assert values(run, "val_tm")[-1] == pytest.approx(values(run, "val_plain")[-1])


def test_a_plain_metric_weighs_the_last_short_batch_by_its_samples(model: nn.Module, blobs: Arrays) -> None:
    config = ds.TrainConfig(batch_size=64)

    run = ds.Trainer(model, blobs, blobs, metrics={"size": lambda _, targets: float(len(targets))}, config=config).fit()

    assert values(run, "val_size")[-1] == pytest.approx((64 * 64 + 32 * 32) / 96)


def test_gates_that_hold_are_written_into_the_record(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(gate=("val_loss < 100", "count(loss) == 2"))).fit()

    assert [decision.verdict for decision in run.record.decisions] == ["passed", "passed"]


def test_a_gate_that_fails_raises_with_the_measured_value(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(gate=("val_accuracy > 1.5",)))

    with pytest.raises(ds.GateFailed, match=r"val_accuracy > 1.5: measured 0\.\d+"):
        trainer.fit()

    assert trainer.run is not None and trainer.run.record.state == "finished"


def test_the_config_is_saved_so_that_the_run_can_be_started_again(model: nn.Module, blobs: Arrays) -> None:
    config = ds.TrainConfig(epochs=2, clip_norm=1.0, tags=("a", "b"), name="mine")

    run = ds.Trainer(model, blobs, config=config).fit()

    from ds_notebook.options import from_builtins

    started = run.record.started
    assert started is not None and started.name == "mine"
    assert from_builtins(ds.TrainConfig, started.config) == config


def test_the_loss_that_was_found_is_said(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, blobs).fit()

    notes = [event.text for event in Record(run.path).events() if isinstance(event, Note)]
    assert notes == ["loss_fn: cross-entropy, because the targets are class numbers."]


@pytest.mark.parametrize(
    "loss_fn", [nn.CrossEntropyLoss(reduction="sum"), nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))]
)
def test_a_loss_whose_parts_do_not_add_up_is_refused_with_micro_batches(
    model: nn.Module, blobs: Arrays, loss_fn: nn.Module
) -> None:
    with pytest.raises(UsageError, match="a plain mean over the targets"):
        ds.Trainer(model, blobs, loss_fn=loss_fn, config=ds.TrainConfig(micro_batch=8))


def test_micro_batches_weigh_by_the_targets_that_the_users_loss_counts(model: nn.Module, blobs: Arrays) -> None:
    losses = []
    for micro_batch in (None, 7):
        config = ds.TrainConfig(batch_size=96, micro_batch=micro_batch)
        loss_fn = nn.CrossEntropyLoss(ignore_index=0)
        run = ds.Trainer(copy.deepcopy(model), blobs, loss_fn=loss_fn, config=config).fit()
        losses.append(run.record.columns()["loss"][2][0])

    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_a_frozen_batch_norm_stays_frozen_and_that_is_said(blobs: Arrays) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    model[1].eval()

    run = ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(epochs=2)).fit()

    assert torch.equal(model[1].running_mean, torch.zeros(8)) and not model[1].training and model[0].training
    assert run.record.notes[0].text == "Frozen, as they were in evaluation mode: 1."


def test_a_model_in_evaluation_mode_as_a_whole_is_trained_whole(blobs: Arrays) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2)).eval()

    ds.Trainer(model, blobs).fit()

    assert not torch.equal(model[1].running_mean, torch.zeros(8)) and model.training


class Unchanged(nn.Module):
    """Gives its inputs back: they are the outputs that a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + 0 * self.weight


def test_targets_that_the_loss_ignores_count_in_no_metric() -> None:
    targets = torch.tensor([0, 1, -100, 1, -100, -100])
    right = nn.functional.one_hot(targets.clamp(min=0), 2) * 20.0
    wrong_where_ignored = torch.where((targets == -100)[:, None], 20 - right, right)

    run = ds.Trainer(Unchanged(), [(right, targets)], [(wrong_where_ignored, targets)]).fit()

    assert values(run, "val_accuracy") == [1.0]


def test_the_validation_loss_is_the_mean_over_the_targets_that_count_whatever_the_batches() -> None:
    inputs, targets = torch.randn(12, 2), torch.randint(2, (12,))
    targets[:5] = -100
    whole, parted = (
        ds.Trainer(Unchanged(), [(inputs, targets)], (inputs, targets), config=ds.TrainConfig(batch_size=size)).fit()
        for size in (12, 4)
    )

    assert values(parted, "val_loss") == pytest.approx(values(whole, "val_loss"))


def test_a_metric_in_half_precision_is_not_summed_in_it(model: nn.Module, blobs: Arrays) -> None:
    batches = [tuple(part[:1] for part in blobs)] * 300
    metrics = {"one": lambda outputs, _: torch.ones((), dtype=torch.bfloat16)}

    run = ds.Trainer(model, [blobs], batches, metrics=metrics).fit()

    assert values(run, "val_one") == [1.0]


def test_two_metrics_of_one_name_are_refused(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(UsageError, match=r"Two metrics are called '<lambda>'. Pass a dict"):
        ds.Trainer(model, blobs, blobs, metrics=[lambda *_: 0.0, lambda *_: 1.0])


def test_a_metric_that_is_no_number_is_said_with_its_name(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(UsageError, match=r"Metric 'table' gave a Tensor of shape \(2, 2\) for a batch"):
        ds.Trainer(model, blobs, blobs, metrics={"table": lambda *_: torch.zeros(2, 2)}).fit()


def test_a_collection_of_torchmetrics_is_a_dict_of_metrics(model: nn.Module, blobs: Arrays) -> None:
    torchmetrics = pytest.importorskip("torchmetrics")
    of_two = torchmetrics.classification.MulticlassAccuracy(num_classes=2)

    run = ds.Trainer(model, blobs, blobs, metrics=torchmetrics.MetricCollection({"hits": of_two})).fit()

    assert len(values(run, "val_hits")) == 1


def test_a_scheduler_may_be_a_function_of_the_optimizer(model: nn.Module, blobs: Arrays) -> None:
    def halves(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.StepLR:
        return torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)

    trainer = ds.Trainer(model, blobs, scheduler=halves, config=ds.TrainConfig(epochs=2, learning_rate=0.4))
    trainer.fit()

    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.1)


def test_sparse_gradients_are_measured_and_clipped() -> None:
    model = nn.Sequential(nn.Embedding(10, 4, sparse=True), nn.Flatten(), nn.Linear(8, 2))
    data = torch.randint(10, (96, 2)), torch.randint(2, (96,))

    run = ds.Trainer(model, data, optimizer=torch.optim.SGD, config=ds.TrainConfig(clip_norm=0.1, epochs=3)).fit()

    assert run.status == "finished"


def test_a_pause_does_not_count_in_samples_per_s(model: nn.Module, blobs: Arrays) -> None:
    def slow() -> Iterator[Arrays]:
        for number in range(4):
            if number == 2:
                send(ds.runs()[0].path, Pause())
                threading.Timer(1.0, send, [ds.runs()[0].path, Resume()]).start()
            time.sleep(0.06)
            yield blobs

    run = ds.Trainer(model, slow).fit()

    assert run.paused_s > 0.8
    assert values(run, "samples_per_s")[0] * 0.8 > 4 * 96 / 1.04  # what it would be at most with the pause in it


def test_a_second_fit_goes_through_the_schedule_again(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, blobs, config=ds.TrainConfig(epochs=2, schedule="cosine"))
    trainer.fit()
    before = copy.deepcopy(model)

    trainer.fit()

    assert not same_weights(model, before)


class Attends(nn.Module):
    """Takes tokens of six words and what each may look at, the same for all samples."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(8, 4)
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, mask: Tensor, tokens: Tensor) -> Tensor:
        words = self.embedding(tokens)
        return self.head(self.attention(words, words, words, attn_mask=mask)[0].mean(dim=1))


def test_what_all_samples_share_is_not_parted_with_them() -> None:
    mask, tokens, targets = torch.zeros(6, 6), torch.randint(8, (16, 6)), torch.randint(2, (16,))

    losses = [
        values(ds.Trainer(Attends(), [(mask, tokens, targets)], config=ds.TrainConfig(micro_batch=part)).fit(), "loss")
        for part in (None, 4)
    ]

    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


def test_a_short_last_batch_leaves_no_sample_alone_to_batch_statistics(blobs: Arrays) -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
    data = tuple(part[:41] for part in blobs)

    run = ds.Trainer(model, data, config=ds.TrainConfig(batch_size=32, micro_batch=8)).fit()

    assert run.status == "finished"


class Wraps(nn.Module):
    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self.loss(outputs, targets)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "loss_fn", [partial(cross_entropy, reduction="sum"), Wraps(nn.CrossEntropyLoss(weight=torch.ones(2)))]
)
def test_a_loss_within_another_is_asked_whether_its_parts_add_up(model: nn.Module, blobs: Arrays, loss_fn: Any) -> None:
    with pytest.raises(UsageError, match="a plain mean over the targets"):
        ds.Trainer(model, blobs, loss_fn=loss_fn, config=ds.TrainConfig(micro_batch=8))


def test_a_loss_within_another_says_which_targets_count(model: nn.Module, blobs: Arrays) -> None:
    losses = [
        values(
            ds.Trainer(
                copy.deepcopy(model),
                [blobs],
                loss_fn=partial(cross_entropy, ignore_index=0),
                config=ds.TrainConfig(micro_batch=part),
            ).fit(),
            "loss",
        )
        for part in (None, 7)
    ]

    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


@pytest.mark.parametrize(
    ("options", "what"),
    [({"ema": 0.9}, "ema"), ({"micro_batch": "auto"}, "micro_batch auto"), ({"checkpoint_every_s": 9}, "checkpoints")],
)
def test_lazy_layers_are_asked_for_their_shapes_where_weights_are_copied_first(
    options: dict[str, Any], what: str, blobs: Arrays
) -> None:
    with pytest.raises(UsageError, match=f"get their shape in the first batch, and {what} needs it before"):
        ds.Trainer(nn.Sequential(nn.LazyLinear(2)), blobs, config=ds.TrainConfig(**options))


def test_lazy_layers_are_trained(blobs: Arrays) -> None:
    assert ds.Trainer(nn.Sequential(nn.LazyLinear(2)), blobs).fit().status == "finished"


class Merging(nn.Linear):
    """As adapters do: weights are merged for evaluation, and taken apart for training."""

    def __init__(self) -> None:
        super().__init__(4, 2)
        self.is_merged = False

    def train(self, mode: bool = True) -> "Merging":
        self.is_merged = not mode
        return super().train(mode)


def test_a_layer_that_works_as_its_mode_changes_is_told_of_each_change(blobs: Arrays) -> None:
    model = nn.Sequential(Merging())

    ds.Trainer(model, blobs, blobs).fit()

    assert model.training and not model[0].is_merged


def test_what_a_models_own_train_freezes_for_a_while_is_trained_afterwards(blobs: Arrays) -> None:
    class FrozenAtFirst(nn.Sequential):
        num_epochs = 0

        def train(self, mode: bool = True) -> "FrozenAtFirst":
            super().train(mode)
            self.num_epochs += mode
            self[1].train(mode and self.num_epochs > 2)
            return self

    model = FrozenAtFirst(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))

    ds.Trainer(model, blobs, config=ds.TrainConfig(epochs=4)).fit()

    assert model[1].training and not torch.equal(model[1].running_mean, torch.zeros(8))


class Focal(nn.Module):
    """A loss of one's own, which ignores a class and says nothing of a reduction."""

    def __init__(self) -> None:
        super().__init__()
        self.ignore_index = 1

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(outputs, targets, ignore_index=self.ignore_index)


def test_a_loss_of_ones_own_says_which_targets_count(model: nn.Module, blobs: Arrays) -> None:
    losses = [
        values(
            ds.Trainer(copy.deepcopy(model), [blobs], loss_fn=Focal(), config=ds.TrainConfig(micro_batch=part)).fit(),
            "loss",
        )
        for part in (None, 7)
    ]

    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


def test_a_lazy_layer_that_is_never_used_is_no_failure(blobs: Arrays) -> None:
    class Unused(nn.Linear):
        def __init__(self) -> None:
            super().__init__(4, 2)
            self.head = nn.LazyLinear(3)

    assert ds.Trainer(Unused(), blobs).fit().status == "finished"


@pytest.mark.parametrize(
    ("inputs", "targets", "number"),
    [
        (torch.zeros(2, 3, 8, 8), {"boxes": torch.zeros(7, 4), "labels": torch.zeros(7)}, 2),
        ({"positions": torch.zeros(1, 6), "tokens": torch.zeros(16, 6)}, torch.zeros(16), 16),
        ((torch.zeros(6, 6), torch.zeros(16, 6)), torch.zeros(16), 16),
    ],
)
def test_samples_are_counted_by_what_goes_in(inputs: Any, targets: Any, number: int) -> None:
    assert num_samples(Parts(inputs, targets)) == number
