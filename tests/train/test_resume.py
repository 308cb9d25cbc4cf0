"""A run that is gone on with is the same run: weights, optimizer and curve are those of one that never stopped."""

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, WeightedRandomSampler

import ds_notebook as ds
from ds_notebook.errors import UsageError
from ds_notebook.record import Record
from ds_notebook.record.commands import Stop, send
from ds_notebook.record.events import Artifact
from ds_notebook.record.journal import write_apart
from ds_notebook.start import ATTEMPT, JOB_FOLDER
from ds_notebook.train.checkpoints import Checkpoints, checkpoints_of, open_checkpoint

Arrays = tuple[Tensor, Tensor]


@pytest.fixture(autouse=True)
def _stops_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Stop is seen after the very step that sent it."""
    monkeypatch.setattr("ds_notebook.record.run.POLL_NS", 0)


class Noisy(Dataset[tuple[Tensor, int]]):
    """48 points whose inputs are another with each look, as an augmentation makes them."""

    def __len__(self) -> int:
        return 48

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return torch.randn(4) + index % 2, index % 2


class StopsAt(nn.Module):
    """Dropout and batch statistics; asks its run to stop in the `stops_at`-th step."""

    def __init__(self, stops_at: int | None = None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
        self.stops_at = stops_at
        self.num_steps = 0

    def forward(self, inputs: Tensor) -> Tensor:
        if self.training:
            self.num_steps += 1
            if self.num_steps == self.stops_at:
                send(ds.runs()[0].path, Stop())
        return self.layers(inputs)  # type: ignore[no-any-return]


def options(**more: Any) -> ds.TrainConfig:
    return ds.TrainConfig(epochs=4, batch_size=8, checkpoint_every_s=1000, schedule="cosine", clip_norm=1.0, **more)


def arrays() -> Arrays:
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(48, 4, generator=generator)
    return inputs, (inputs.sum(dim=1) > 0).long()


def loader(**options: Any) -> DataLoader[Any]:
    return DataLoader(Noisy(), batch_size=8, shuffle=True, **options)


DATA = {
    "arrays": arrays,
    "dataset": Noisy,
    "loader": loader,
    "loader with workers": lambda: loader(num_workers=2, persistent_workers=True),
    "list": lambda: list(zip(*(part.split(8) for part in arrays()), strict=True)),
}


def train(data: Any, stops_at: int | None = None, **more: Any) -> tuple[StopsAt, ds.Run, ds.Trainer]:
    model = StopsAt(stops_at)
    val_data = arrays()
    trainer = ds.Trainer(model, data, val_data, config=options(**more))
    return model, trainer.fit(), trainer


def same(first: Any, second: Any) -> bool:
    """Bit for bit, through dicts and lists."""
    if isinstance(first, Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("stops_at", [1, 9, 12])  # in mid-epoch, and at the end of one
def test_a_resumed_run_is_the_uninterrupted_one(kind: str, stops_at: int) -> None:
    whole_model, whole, whole_trainer = train(DATA[kind]())
    _, first, _ = train(DATA[kind](), stops_at, name="parted")

    model, run, trainer = train(DATA[kind](), resume="auto", name="parted")

    assert (first.status, run.id, run.record.state) == ("stopped", first.id, "finished")
    assert same(model.state_dict(), whole_model.state_dict())
    assert same(trainer.optimizer.state_dict(), whole_trainer.optimizer.state_dict())
    for name in ("loss", "val_loss", "val_accuracy"):
        assert rows(run.record, name) == rows(whole.record, name)


def rows(record: Record, name: str) -> list[tuple[int, float]]:
    steps, _, values = record.columns()[name]
    return list(zip(steps, values, strict=True))


def stopped_run(**more: Any) -> ds.Run:
    return train(arrays(), stops_at=9, **more)[1]


def test_the_first_line_names_the_run_and_the_checkpoint() -> None:
    before = stopped_run()

    run = train(arrays(), resume="auto")[1]

    said = next(decision.reason for decision in run.record.decisions if decision.policy == "resume")
    assert said.startswith(f"Goes on with {before.id} (stopped) from step ")


def test_without_a_run_to_go_on_with_it_is_a_fresh_start() -> None:
    run = train(arrays(), resume="auto")[1]

    assert run.record.decisions[0].reason.endswith("a fresh start.")


@pytest.mark.parametrize("difference", [{"learning_rate": 0.5}, {"name": "other"}, {"seed": 3}])
def test_a_run_with_another_config_is_not_gone_on_with(difference: dict[str, Any]) -> None:
    before = stopped_run()

    assert train(arrays(), resume="auto", **difference)[1].id != before.id


def test_other_data_is_a_fresh_start() -> None:
    before = stopped_run()
    inputs, targets = arrays()

    run = train((inputs + 1, targets), resume="auto")[1]

    assert run.id != before.id
    assert f"{before.id} was trained on other data" in run.record.decisions[0].reason


def test_a_finished_run_is_not_gone_on_with() -> None:
    before = train(arrays())[1]

    assert train(arrays(), resume="auto")[1].id != before.id


def test_a_finished_run_that_is_named_goes_on_with_more_epochs() -> None:
    before = train(arrays())[1]
    config = dataclasses.replace(options(resume=before.id), epochs=6)

    run = ds.Trainer(StopsAt(), arrays(), config=config).fit()

    assert run.id == before.id
    assert [step for step, _ in rows(run.record, "loss")] == list(range(36))
    assert "epochs 6 (was 4)" in run.record.decisions[-1].reason


def test_a_changed_model_is_refused_with_its_parameters_named() -> None:
    before = stopped_run()
    model = nn.Linear(4, 2)

    with pytest.raises(UsageError, match=r"weight is \(2, 4\) here and not there in the checkpoint"):
        ds.Trainer(model, arrays(), config=ds.TrainConfig(batch_size=8, resume=before.id)).fit()


def test_a_flipped_byte_is_refused_and_the_checkpoint_before_it_is_used() -> None:
    before = train(arrays(), stops_at=15, monitor="val_accuracy")[1]
    newest = next(checkpoints_of(before.record))
    content = bytearray((before.path / newest.path).read_bytes())
    content[-1] ^= 1
    (before.path / newest.path).write_bytes(content)

    run = train(arrays(), resume=before.id, monitor="val_accuracy")[1]

    said = run.record.decisions[-1].reason if run.record.decisions[-1].policy == "resume" else ""
    assert f"{newest.path!r} of run {before.id} was changed since: its hash differs." in said
    assert run.record.state == "finished"


def test_two_cannot_go_on_with_one_run_at_once() -> None:
    with ds.start_run("train") as held, pytest.raises(ds.RecordError, match="is being written by another process"):
        from ds_notebook.start import continue_run

        continue_run(held.record, 0, config={}, total_steps=None)


class Stream(IterableDataset[tuple[Tensor, int]]):
    def __iter__(self) -> Iterator[tuple[Tensor, int]]:
        for index in range(48):
            yield torch.full((4,), float(index % 2)), index % 2


def test_a_stream_goes_on_with_the_next_epoch_and_says_so() -> None:
    config = {"epochs": 3, "batch_size": 8, "checkpoint_every_s": 1000.0}
    ds.Trainer(StopsAt(9), Stream(), config=ds.TrainConfig(**config)).fit()

    run = ds.Trainer(StopsAt(), Stream(), config=ds.TrainConfig(**config, resume="auto")).fit()

    assert len(rows(run.record, "loss")) == 9 + 6
    assert any("cannot be entered in the middle" in note.text for note in run.record.notes)


def test_a_checkpoint_holds_no_pickle_and_a_stranger_cannot_make_it_one(tmp_path: Path) -> None:
    before = stopped_run()
    artifact = next(checkpoints_of(before.record))
    tree = open_checkpoint(before.record, artifact)

    assert tree["step"] == tree["epoch"] * 6 + tree["batches_done"]
    with pytest.raises(ds.RecordError, match="its hash differs"):
        (before.path / artifact.path).write_bytes(bytes(artifact.size_bytes))
        open_checkpoint(before.record, artifact)


def test_the_newest_two_checkpoints_and_the_best_are_kept() -> None:
    run = train(arrays(), monitor="val_loss")[1]

    artifacts = run.record.artifacts
    files = sorted(path.name for path in (run.path / "blobs").iterdir())
    best = next(artifact for artifact in reversed(artifacts) if artifact.kind == "best")
    kept = {artifact.path for artifact in [a for a in artifacts if a.kind == "checkpoint"][-2:]} | {best.path}
    assert files == sorted(path.removeprefix("blobs/") for path in kept)


def test_a_strangers_record_gets_no_file_of_mine_deleted(tmp_path: Path) -> None:
    before = stopped_run()
    mine = tmp_path / "thesis.txt"
    mine.write_text("years of work")
    away = f"../../{mine.name}"
    for path in (str(mine), away):
        for kind in ("checkpoint", "best"):
            write_apart(before.path, [Artifact(kind=kind, path=path, size_bytes=13, sha256="0")])

    ds.Trainer(StopsAt(), arrays(), arrays(), config=options(resume=before.id)).fit()

    assert mine.read_text() == "years of work"


def test_a_clock_that_is_behind_does_not_mix_the_two_parts_up(monkeypatch: pytest.MonkeyPatch) -> None:
    before = stopped_run()
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    monkeypatch.setattr(time, "time_ns", lambda: int((now() - 3600) * 1e9))

    run = ds.Trainer(StopsAt(), arrays(), arrays(), config=options(resume=before.id)).fit()

    assert run.record.state == "finished"
    assert [step for step, _ in rows(run.record, "loss")] == list(range(24))


def test_early_stopping_that_had_decided_stays_decided() -> None:
    config = {"epochs": 20, "batch_size": 8, "patience": 1, "learning_rate": 0.0, "checkpoint_every_s": 1000.0}
    before = ds.Trainer(nn.Linear(4, 2), arrays(), arrays(), config=ds.TrainConfig(**config)).fit()

    again = ds.TrainConfig(**config, resume=before.id)
    run = ds.Trainer(nn.Linear(4, 2), arrays(), arrays(), config=again).fit()

    assert len(rows(run.record, "loss")) == len(rows(before.record, "loss")) == 12


def test_weights_that_only_the_optimizer_knows_come_back_too() -> None:
    def trained(stops_at: int | None = None, **more: Any) -> tuple[nn.Parameter, ds.Run]:
        model, scale = StopsAt(stops_at), nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([*model.parameters(), scale], lr=0.1)

        def loss_fn(outputs: Tensor, targets: Tensor) -> Tensor:
            return torch.nn.functional.cross_entropy(outputs * scale, targets)

        config = options(**more)
        return scale, ds.Trainer(model, arrays(), loss_fn=loss_fn, optimizer=optimizer, config=config).fit()

    whole, _ = trained()
    trained(9, name="parted")

    scale, run = trained(name="parted", resume="auto")

    assert run.record.started is not None and run.record.started.first_step == 9
    assert torch.equal(scale, whole)


def test_a_checkpoint_that_was_asked_for_outlives_a_resume() -> None:
    before = stopped_run(keep_checkpoints=1)
    asked = next(checkpoints_of(before.record))
    write_apart(before.path, [msgspec.structs.replace(asked, kind="kept")])

    ds.Trainer(StopsAt(), arrays(), arrays(), config=options(resume=before.id, keep_checkpoints=1)).fit()

    assert (before.path / asked.path).exists()


@pytest.mark.parametrize("change", [{"learning_rate": 0.5}, {"ema": 0.9}, {"batch_size": 4}])
def test_what_rests_in_the_checkpoint_cannot_be_changed_by_an_option(change: dict[str, Any]) -> None:
    before = stopped_run()

    with pytest.raises(UsageError, match=f"{next(iter(change))} .* the checkpoint has it"):
        config = dataclasses.replace(options(resume=before.id), **change)
        ds.Trainer(StopsAt(), arrays(), config=config).fit()


def test_another_optimizer_is_refused_by_name() -> None:
    before = stopped_run()

    with pytest.raises(UsageError, match="has AdamW and LambdaLR, not SGD and LambdaLR"):
        ds.Trainer(StopsAt(), arrays(), optimizer=torch.optim.SGD, config=options(resume=before.id)).fit()


def test_with_auto_a_precision_that_this_machine_lacks_becomes_fp32_and_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = stopped_run(precision="auto")
    artifact = next(checkpoints_of(before.record))
    tree = open_checkpoint(before.record, artifact) | {"precision": "fp16", "scaler": {}}
    again = Checkpoints(ds.Run(before.path, None), 1, 2)
    again.save(tree, tree["step"])
    again.wait()

    monkeypatch.setattr("ds_notebook.train.progress.precision_of", _refuse_fp16)
    run = train(arrays(), resume=before.id, precision="auto")[1]

    assert any("was in fp16 so far and goes on in fp32" in note.text for note in run.record.notes)


def _refuse_fp16(name: str, *of: Any) -> None:
    if name == "fp16":
        raise UsageError("fp16 is not for this machine.")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process is the first attempt of a job."""
    folder = tmp_path / "job-1"
    folder.mkdir()
    monkeypatch.setenv(JOB_FOLDER, str(folder))
    return folder


def test_a_jobs_second_attempt_goes_on_where_the_first_one_stopped(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ds.Trainer(StopsAt(5), arrays(), config=ds.TrainConfig(epochs=2, batch_size=8)).fit()
    monkeypatch.setenv(ATTEMPT, "2")

    second = ds.Trainer(StopsAt(), arrays(), config=ds.TrainConfig(epochs=2, batch_size=8)).fit()

    assert (second.id, second.record.state) == (first.id, "finished")
    assert [step for step, _ in rows(second.record, "loss")] == list(range(12))


def test_a_jobs_second_attempt_leaves_the_runs_of_others_alone(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.delenv(JOB_FOLDER)
        other = ds.Trainer(StopsAt(5), arrays(), config=options()).fit()
    monkeypatch.setenv(ATTEMPT, "2")

    second = ds.Trainer(StopsAt(), arrays(), config=options()).fit()

    assert second.id != other.id


def plain_loader() -> DataLoader[Any]:
    return DataLoader(TensorDataset(*arrays()), batch_size=8, shuffle=True)


DRAWS_FROM_ALL = {
    "a sampler": lambda: DataLoader(
        TensorDataset(*arrays()), batch_size=8, sampler=WeightedRandomSampler(torch.ones(48), 48)
    ),
    "a function that makes a loader": lambda: plain_loader,
}


@pytest.mark.parametrize("kind", DRAWS_FROM_ALL)
def test_an_order_of_ones_own_goes_on_where_the_epoch_before_ended(kind: str) -> None:
    def trained(epochs: int, resume: str | None = None) -> ds.Run:
        config = ds.TrainConfig(epochs=epochs, checkpoint_every_s=1000, resume=resume)
        return ds.Trainer(StopsAt(), DRAWS_FROM_ALL[kind](), arrays(), config=config).fit()

    uninterrupted = trained(4)

    resumed = trained(4, resume=trained(2).id)

    assert rows(resumed.record, "loss") == rows(uninterrupted.record, "loss")


def test_a_stop_right_after_the_best_evaluation_keeps_its_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = ds.Trainer(StopsAt(), arrays(), arrays(), config=options())
    measured = trainer._early_stop.after

    def stopping(values: dict[str, float]) -> bool:
        assert trainer.run is not None
        trainer.run.ask_to_end("stopped")
        return measured(values)

    monkeypatch.setattr(trainer._early_stop, "after", stopping)
    run = trainer.fit()

    assert run.status == "stopped"
    assert [(each.kind, each.step) for each in run.record.artifacts] == [("checkpoint", 6), ("best", 6)]


def test_another_seed_is_refused_as_samples_would_come_twice() -> None:
    before = stopped_run()

    with pytest.raises(UsageError, match=r"with seed 3 \(was 0\): the checkpoint has it"):
        train(arrays(), resume=before.id, seed=3)


def test_tags_and_notes_that_are_given_on_resume_are_kept() -> None:
    before = stopped_run(tags=("old",))

    run = train(arrays(), resume=before.id, tags=("new",), notes="gone on with")[1]

    started = run.record.started
    assert started is not None and (started.tags, started.notes) == (["old", "new"], "gone on with")


class Averaging(nn.Module):
    """A loss with a buffer of its own and a weight that is trained."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        loss = nn.functional.cross_entropy(outputs * self.scale, targets)
        self.mean.mul_(0.9).add_(0.1 * loss.detach())
        return loss + self.mean * self.scale


def with_loss(stops_at: int | None = None, **more: Any) -> tuple[Averaging, ds.Run]:
    model, loss_fn = StopsAt(stops_at), Averaging()
    optimizer = torch.optim.AdamW([*model.parameters(), *loss_fn.parameters()])
    config = ds.TrainConfig(epochs=2, batch_size=8, checkpoint_every_s=1000, **more)
    return loss_fn, ds.Trainer(model, arrays(), loss_fn=loss_fn, optimizer=optimizer, config=config).fit()


def test_what_a_loss_learns_and_counts_goes_on_too() -> None:
    uninterrupted, _ = with_loss()

    resumed, _ = with_loss(resume=with_loss(stops_at=5)[1].id)

    assert same(dict(resumed.state_dict()), dict(uninterrupted.state_dict()))


def test_trials_leave_no_trace_in_a_loss() -> None:
    (tried, _), (untried, _) = with_loss(micro_batch="auto"), with_loss()

    assert torch.equal(tried.mean, untried.mean)


def grouped(model: nn.Module) -> list[dict[str, Any]]:
    weights = list(model.parameters())
    return [{"params": weights[:2]}, {"params": weights[2:]}]


@pytest.mark.parametrize(
    "weights",
    [grouped, lambda model: list(model.parameters())[1:], lambda model: list(model.parameters())[::-1]],
    ids=["grouped", "fewer", "another order"],
)
def test_an_optimizer_of_other_weights_is_refused_and_the_run_stays_as_it_was(weights: Any) -> None:
    before = ds.Trainer(StopsAt(), arrays(), config=ds.TrainConfig(batch_size=8, checkpoint_every_s=1000)).fit()
    model = StopsAt()
    again = ds.Trainer(
        model,
        arrays(),
        optimizer=torch.optim.AdamW(weights(model)),
        config=ds.TrainConfig(epochs=2, batch_size=8, resume=before.id),
    )

    with pytest.raises(UsageError, match="has other weights in its optimizer, or in another order"):
        again.fit()

    assert before.record.state == "finished"


def test_a_learning_rate_that_the_checkpoint_overrules_is_said() -> None:
    def trained(rate: float, epochs: int, resume: str | None = None) -> ds.Run:
        config = ds.TrainConfig(epochs=epochs, batch_size=8, checkpoint_every_s=1000, resume=resume)
        model = StopsAt()
        return ds.Trainer(model, arrays(), optimizer=torch.optim.SGD(model.parameters(), lr=rate), config=config).fit()

    run = trained(0.001, 2, trained(0.1, 1).id)

    assert "The learning rate is the checkpoint's, 0.1, not 0.001." in run.record.decisions[-1].reason


class PerLayer(torch.optim.Optimizer):
    """As NovoGrad: one second moment a weight; its rate is its own affair."""

    def __init__(self, weights: Any) -> None:
        super().__init__(weights, {"lr": None})

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for weight in self.param_groups[0]["params"]:
            moment = self.state[weight].setdefault("exp_avg_sq", torch.zeros(()))
            moment.add_(weight.grad.square().sum())
            weight.data.sub_(0.1 * weight.grad / (moment.sqrt() + 1e-8))


def test_an_optimizer_of_another_kind_goes_on_whatever_shape_its_state_has() -> None:
    def trained(epochs: int, resume: str | None = None) -> ds.Run:
        config = ds.TrainConfig(epochs=epochs, batch_size=8, checkpoint_every_s=1000, resume=resume)
        return ds.Trainer(StopsAt(), arrays(), optimizer=PerLayer, config=config).fit()

    assert rows(trained(2, trained(1).id).record, "loss") == rows(trained(2).record, "loss")


def test_a_checkpoint_of_version_1_is_gone_on_with() -> None:
    before = stopped_run()
    tree = open_checkpoint(before.record, next(checkpoints_of(before.record)))
    old = Checkpoints(ds.Run(before.path, None), 1, 2)
    old.save({**{name: value for name, value in tree.items() if name != "loss"}, "version": 1}, tree["step"])
    old.wait()

    assert train(arrays(), resume=before.id)[1].record.state == "finished"


def test_a_loader_of_another_batch_size_is_told_that_the_checkpoints_counts() -> None:
    before = ds.Trainer(StopsAt(9), loader(), config=ds.TrainConfig(epochs=2, checkpoint_every_s=1000)).fit()
    again = DataLoader(Noisy(), batch_size=16, shuffle=True)

    run = ds.Trainer(StopsAt(), again, config=ds.TrainConfig(epochs=2, resume=before.id)).fit()

    assert "Batches have the checkpoint's 8 samples, not 16." in [note.text for note in run.record.notes]
