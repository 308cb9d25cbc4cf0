"""SIGKILL and resume: Lightning, Accelerate and ours through one test, each resumed as its documentation says.

    .venv-peers/bin/python -m benchmarks.resume_peers        # ten kills each, with 0 and 2 loader workers: ten minutes

The model, the Dataset (random augmentation) and the digest are those of tests/train/killed_trainer.py: dropout, batch
statistics, accumulation of 2, a cosine rate, an evaluation after each of 3 epochs. Lives are forked from a process that
has loaded everything. Each training is killed once, at a random instant of its life, and then started again. Its end is
set beside that of a training that was never killed; a second one of these is the control. Ours also has an fp16 scaler,
which no peer has on a CPU: Accelerate refuses fp16, Lightning takes bf16 instead. They train in fp32.

A save every SAVE_EVERY updates in the peers, at most 0.1 s apart in ours.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import accelerate
import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader

from ds_notebook.record import runs as runs_in
from tests.train import killed_trainer
from tests.train.killed_trainer import Augmented, digest

KILLS = 10
EPOCHS = 3
ACCUMULATE = 2
MICRO_BATCH = 4
NUM_MICRO_BATCHES = len(Augmented()) // MICRO_BATCH
"""In an epoch."""
NUM_UPDATES = EPOCHS * NUM_MICRO_BATCHES // ACCUMULATE
SAVE_EVERY = 10
RESULT = "result"

Train = Callable[[Path, int], None]
"""Trains in a folder, with so many workers; goes on with what it finds there; leaves its end in `RESULT`."""


class Curve:
    """The losses of one life by number of micro-batch, as far as they were written before it was killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = open(folder / f"loss-{time.time_ns()}", "x", buffering=1)  # noqa: SIM115 - open as long as the life

    def add(self, number: int, loss: Tensor) -> None:
        self._file.write(f"{number} {loss.item()!r}\n")

    def joined(self) -> list[tuple[int, float]]:
        """Those of all lives, by number; where two wrote one, the later life's."""
        rows: dict[int, float] = {}
        for path in sorted(self._folder.glob("loss-*")):
            rows.update(_losses(path))
        return sorted(rows.items())


def _losses(path: Path) -> Iterator[tuple[int, float]]:
    for line in path.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            number, loss = line.split()
            yield int(number), float(loss)


def net() -> nn.Module:
    """The model of tests/train/killed_trainer.py."""
    return nn.Sequential(nn.Linear(16, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 2))


def _leave_result(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, curve: Curve) -> None:
    result = {
        "model": digest(model.state_dict()),
        "optimizer": digest(optimizer.state_dict()),
        "loss": curve.joined(),
    }
    (folder / RESULT).write_text(json.dumps(result))


# -- the trainers


def with_lightning(folder: Path, workers: int) -> None:
    """`fit(ckpt_path="last")` with a ModelCheckpoint that keeps a `last`; everything else by its defaults."""
    lightning.seed_everything(0, workers=True)
    curve = Curve(folder)

    class Module(lightning.LightningModule):  # type: ignore[misc]  # untyped where lightning is missing
        def __init__(self) -> None:
            super().__init__()
            self.model = net()

        def training_step(self, batch: Any, batch_index: int) -> Tensor:
            loss = cross_entropy(self.model(batch[0]), batch[1])
            curve.add(self.current_epoch * NUM_MICRO_BATCHES + batch_index, loss)
            return loss

        def validation_step(self, batch: Any, batch_index: int) -> None:
            self.log("val_loss", cross_entropy(self.model(batch[0]), batch[1]))

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
            scheduler = CosineAnnealingLR(optimizer, NUM_UPDATES)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    trainer = lightning.Trainer(
        max_epochs=EPOCHS,
        accumulate_grad_batches=ACCUMULATE,
        accelerator="cpu",
        devices=1,
        deterministic=True,
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        callbacks=[ModelCheckpoint(folder / "checkpoints", every_n_train_steps=SAVE_EVERY, save_last=True)],
    )
    module = Module()
    trainer.fit(module, *_loaders(workers), ckpt_path="last")
    _leave_result(folder, module.model, trainer.optimizers[0], curve)


def with_accelerate(folder: Path, workers: int) -> None:
    """`save_state` into `step_N`; `load_state` of the newest and `skip_first_batches`, as in its guide."""
    accelerate.utils.set_seed(0)
    curve = Curve(folder)
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=ACCUMULATE)
    model = net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = CosineAnnealingLR(optimizer, NUM_UPDATES)
    model, optimizer, train_loader, val_loader, scheduler = accelerator.prepare(
        model, optimizer, *_loaders(workers), scheduler
    )
    number = 0
    checkpoints = sorted((folder / "checkpoints").glob("step_*"), key=lambda path: path.stat().st_ctime)
    if checkpoints:
        accelerator.load_state(str(checkpoints[-1]))
        number = int(checkpoints[-1].name.removeprefix("step_"))
    first_epoch, to_skip = divmod(number, NUM_MICRO_BATCHES)
    for epoch in range(first_epoch, EPOCHS):
        model.train()
        train_loader.set_epoch(epoch)
        goes_on = epoch == first_epoch and to_skip
        for inputs, targets in accelerator.skip_first_batches(train_loader, to_skip) if goes_on else train_loader:
            with accelerator.accumulate(model):
                loss = cross_entropy(model(inputs), targets)
                accelerator.backward(loss)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
            curve.add(number, loss)
            number += 1
            if number % (SAVE_EVERY * ACCUMULATE) == 0:
                accelerator.save_state(str(folder / "checkpoints" / f"step_{number}"))
        model.eval()
        with torch.no_grad():
            for inputs, targets in val_loader:
                cross_entropy(model(inputs), targets)
    _leave_result(folder, accelerator.unwrap_model(model), optimizer.optimizer, curve)


def _loaders(workers: int) -> tuple[Any, Any]:
    train_loader = DataLoader(Augmented(), batch_size=MICRO_BATCH, shuffle=True, num_workers=workers)
    return train_loader, DataLoader(Augmented(), batch_size=MICRO_BATCH * ACCUMULATE, num_workers=workers)


TRAINERS: dict[str, Train] = {
    "**ours** (with fp16 scaler)": killed_trainer.train,
    "Lightning, ckpt_path='last'": with_lightning,
    "Accelerate, load_state + skip_first_batches": with_accelerate,
}


# -- lives and kills


def start(train: Train, folder: Path, workers: int) -> int:
    """A process that trains; its output goes to a file in the folder."""
    folder.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.environ["DS_RUNS"] = str(folder / "ds_runs")
            said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(said, 1)
            os.dup2(said, 2)
            train(folder, workers)
            status = 0
        except Exception as error:  # a peer that cannot go on is a count in the table
            (folder / "error").write_text(f"{type(error).__name__}: {error}")
        finally:
            os._exit(status)
    return child


def life(train: Train, folder: Path, workers: int) -> Any | None:
    """One training to its end: its result, or None where it failed."""
    _, status = os.waitpid(start(train, folder, workers), 0)
    return json.loads((folder / RESULT).read_text()) if status == 0 else None


def killed(train: Train, folder: Path, workers: int, life_s: float) -> bool:
    """One training, killed after so long; False where it had ended before."""
    child = start(train, folder, workers)
    time.sleep(life_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and not (folder / RESULT).exists()


def begun_at(folder: Path) -> int | None:
    """How many steps the second life found done; None where there was none left to train."""
    if (folder / "ds_runs").exists():
        started = runs_in(folder / "ds_runs")[0].started
        return started.first_step if started and started.first_step < NUM_UPDATES else None
    second = sorted(folder.glob("loss-*"))[-1]
    return next((number for number, _ in _losses(second)), None)


class Counts(NamedTuple):
    """What came of the kills of one trainer."""

    same_twice: bool
    kills: int
    went_on: int
    from_the_start: int
    failed: int
    same_model: int
    same_optimizer: int
    same_curve: int
    errors: list[str]


def count(train: Train, runs: Path, workers: int, kills: int) -> Counts:
    """Kill `kills` trainings, and resume each; only those that went on in their middle are set beside the whole one.

    A kill after the last step, or after its checkpoint, counts for nothing: no step was left to go wrong.
    """
    begun_s = time.monotonic()
    wanted = life(train, runs / "whole", workers)
    whole_s = time.monotonic() - begun_s
    again = life(train, runs / "again", workers)
    draw = random.Random(0)
    results, num_kills, number, fresh, errors = [], 0, 0, 0, []
    while num_kills < kills:
        number += 1
        folder = runs / str(number)
        if not killed(train, folder, workers, draw.uniform(0.1, 1.0) * whole_s):
            continue
        result = life(train, folder, workers)
        if result is None:
            errors.append((folder / "error").read_text())
        elif (begun := begun_at(folder)) is None:
            continue
        elif begun == 0:
            fresh += 1
        else:
            results.append(result)
        num_kills += 1
    same = {name: sum(result[name] == wanted[name] for result in results) for name in ("model", "optimizer", "loss")}
    return Counts(again == wanted, kills, len(results), fresh, len(errors), *same.values(), errors)


HEAD = """\
| trainer | workers | same twice | kills | resumed | from the start | failed | equal weights | optimizer | losses |
|---|---|---|---|---|---|---|---|---|---|"""


def table(kills: int, all_workers: list[int], runs: Path) -> Iterator[str]:
    """Rows of a Markdown table, as they come."""
    yield HEAD
    for workers in all_workers:
        for number, (name, train) in enumerate(TRAINERS.items()):
            folder = runs / f"{number}-{workers}"
            folder.mkdir(parents=True)
            found = count(train, folder, workers, kills)
            equal = [
                f"{each} of {found.went_on}" for each in (found.same_model, found.same_optimizer, found.same_curve)
            ]
            cells = [found.kills, found.went_on, found.from_the_start, found.failed, *equal]
            same_twice = "yes" if found.same_twice else "no"
            yield f"| {name} | {workers} | {same_twice} | {' | '.join(map(str, cells))} |"
            for error in found.errors:
                print(f"{name}: {error}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="SIGKILL and resume, ours beside the peers.")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"kills of each trainer ({KILLS})")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="of the loaders (0 2)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{time.strftime('%Y-%m-%d')}, torch {torch.__version__}, Python {sys.version.split()[0]}")
    print(f"lightning {lightning.__version__}, accelerate {accelerate.__version__}\n")
    with tempfile.TemporaryDirectory() as folder:
        for row in table(asked.kills, asked.workers, Path(folder)):
            print(row, flush=True)


if __name__ == "__main__":
    main()
