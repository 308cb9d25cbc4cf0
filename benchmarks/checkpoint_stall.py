"""How long one checkpoint makes a training stand still: ours beside the peers; and what checkpoints cost a small model.

    .venv-peers/bin/python benchmarks/checkpoint_stall.py                  # all tables: a quarter of an hour
    .venv-peers/bin/python benchmarks/checkpoint_stall.py --only stall

The state is 126 MB: weights and Adam's two moments, steps of 40 to 80 ms on one torch thread. All rows take turns,
section by section; each section trains anew and saves three times. A step lasts from the fetch of its batch to the
next fetch. A save's window is every step from the one in which it begins to the one in which the file is on the disk.
*Stall*: the longest step of the window, less the usual step (the median of those outside of all windows). *Sum*: what
all steps of the window took longer than usual. The control saves nothing; its window is half a second. What the loop's
thread waited for a core, by Linux' own count, is left out of every step: that is the neighbours' doing.

The other tables are overhead.py's, with one row more: the Trainer that writes a checkpoint each second.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peers import Batch, in_a_terminal
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds

WIDTH, DEPTH, BATCH_SIZE = 1024, 10, 48
NUM_STEPS = 70
SAVE_AFTER = (10, 30, 50)
"""Steps after which the peers save; ours goes by its clock."""
EVERY_S = 0.7
CONTROL_WINDOW_S = 0.5
ROUNDS = 5
OVERHEAD_ROUNDS = 5
OVERHEAD_TIMES = 4
"""Runs are so many times longer than overhead.py's, for some checkpoints to fall into each."""


class Save(NamedTuple):
    """One checkpoint, in Unix seconds."""

    begun_s: float
    on_disk_s: float
    size_bytes: int = 0


class Mark(NamedTuple):
    """Between two steps: the time, and how long this thread has waited for a core so far."""

    at_s: float
    waited_s: float


class Watch:
    """The batches of a section, with a mark where each is fetched and one at the end."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.marks: list[Mark] = []

    def __iter__(self) -> Iterator[Batch]:
        for _ in range(NUM_STEPS):
            self.marks.append(_mark())
            yield self._batch
        self.marks.append(_mark())

    def __len__(self) -> int:
        return NUM_STEPS


def _mark() -> Mark:
    waited_ns = Path("/proc/thread-self/schedstat").read_text().split()[1]
    return Mark(time.time(), int(waited_ns) / 1e9)


Make = Callable[[], tuple[nn.Module, torch.optim.Optimizer]]
Row = Callable[[Make, Watch, Path], list[Save]]


def workload() -> tuple[Make, Batch]:
    """A maker of equal models of 10.5 million weights with their optimizers, and a batch. Sets torch to one thread."""
    torch.set_num_threads(1)
    batch = torch.randn(BATCH_SIZE, WIDTH), torch.randint(WIDTH, (BATCH_SIZE,))

    def make() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        layers = [layer for _ in range(DEPTH) for layer in (nn.Linear(WIDTH, WIDTH), nn.ReLU())]
        model = nn.Sequential(*layers[:-1])
        return model, torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    return make, batch


# -- the rows


def control(make: Make, watch: Watch, folder: Path) -> list[Save]:
    return _by_hand(make, watch, lambda state, path: None, folder, CONTROL_WINDOW_S)


def torch_save(make: Make, watch: Watch, folder: Path) -> list[Save]:
    return _by_hand(make, watch, _torch_save, folder)


def _torch_save(state: Any, path: Path) -> None:
    with open(path, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())


def _by_hand(
    make: Make, watch: Watch, save: Callable[[Any, Path], None], folder: Path, window_s: float = 0.0
) -> list[Save]:
    model, optimizer = make()
    saves = []
    for step, (inputs, targets) in enumerate(watch):
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        if step in SAVE_AFTER:
            begun_s = time.time()
            save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, folder / str(step))
            saves.append(Save(begun_s, time.time() + window_s, _size(folder / str(step))))
    return saves


def ours(make: Make, watch: Watch, folder: Path) -> list[Save]:
    """The Trainer, by its clock: the steps are told by the record's checkpoint events."""
    os.environ["DS_RUNS"] = str(folder)
    model, optimizer = make()
    config = ds.TrainConfig(checkpoint_every_s=EVERY_S)
    run = ds.Trainer(model, lambda: watch, loss_fn=cross_entropy, optimizer=optimizer, config=config).fit()
    return [
        Save(watch.marks[artifact.step].at_s, artifact.at, artifact.size_bytes)
        for artifact in run.record.artifacts
        if artifact.kind == "checkpoint" and artifact.step is not None and artifact.step < NUM_STEPS
    ]


def async_save(make: Make, watch: Watch, folder: Path) -> list[Save]:
    """torch.distributed.checkpoint with a stager that is kept, so that its memory is used again."""
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions

    ended_s: list[float] = []
    in_flight: list[Any] = []
    stager = DefaultStager(StagingOptions(False, False, False, False))

    def save(state: Any, path: Path) -> None:
        for future in in_flight:
            future.result()
        saving = dcp.async_save(state, checkpoint_id=path, async_stager=stager)
        saving.add_done_callback(lambda _: ended_s.append(time.time()))
        in_flight[:] = [saving]

    saves = _by_hand(make, watch, save, folder)
    in_flight[0].result()
    stager.close()
    sizes = [_size(folder / str(step)) for step in SAVE_AFTER]
    return [Save(save.begun_s, at_s, size) for save, at_s, size in zip(saves, ended_s, sizes, strict=True)]


def accelerate(make: Make, watch: Watch, folder: Path) -> list[Save]:
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    model, optimizer = accelerator.prepare(*make())
    saves = []
    for step, (inputs, targets) in enumerate(watch):
        optimizer.zero_grad()
        accelerator.backward(cross_entropy(model(inputs), targets))
        optimizer.step()
        if step in SAVE_AFTER:
            begun_s = time.time()
            accelerator.save_state(str(folder / str(step)))
            saves.append(Save(begun_s, time.time(), _size(folder / str(step))))
    return saves


def lightning(make: Make, watch: Watch, folder: Path, behind: bool) -> list[Save]:
    """Lightning's ModelCheckpoint; `behind` the loop by its AsyncCheckpointIO."""
    import lightning
    from lightning.pytorch.callbacks import ModelCheckpoint
    from lightning.pytorch.plugins.io import AsyncCheckpointIO, TorchCheckpointIO

    model, optimizer = make()
    saves, begun_s = [], 0.0

    class Module(lightning.LightningModule):  # type: ignore[misc]  # untyped where lightning is missing
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: Batch) -> Tensor:
            return cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return optimizer

        def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
            nonlocal begun_s
            begun_s = time.time()

    class Timed(TorchCheckpointIO):  # type: ignore[misc]  # as above
        def save_checkpoint(self, checkpoint: Any, path: Any, storage_options: Any = None) -> None:
            of_this_s = begun_s
            super().save_checkpoint(checkpoint, path, storage_options)
            saves.append(Save(of_this_s, time.time(), _size(Path(path))))

    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        devices=1,
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        callbacks=[ModelCheckpoint(folder, every_n_train_steps=20, save_top_k=-1)],
        plugins=[AsyncCheckpointIO(Timed()) if behind else Timed()],
    )
    trainer.fit(Module(), watch)
    return saves


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; 0 where there is none."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


# -- the table


class Stall(NamedTuple):
    """What one save cost the loop."""

    stall_s: float
    sum_s: float
    until_on_disk_s: float
    size_bytes: int
    first: bool


def section(row: Row, make: Make, batch: Batch) -> tuple[float, list[Stall]]:
    """Train once and save on the way: the usual step in seconds, and what each save cost."""
    watch = Watch(batch)
    gc.unfreeze()
    gc.collect()
    gc.freeze()  # what the peers have loaded: a collection that passes through it all is a stall of its own
    with tempfile.TemporaryDirectory() as folder, in_a_terminal():
        saves = row(make, watch, Path(folder))
    return costs(watch.marks, saves)


def costs(marks: list[Mark], saves: list[Save]) -> tuple[float, list[Stall]]:
    """The usual step, and what each save cost beside it."""
    steps = list(pairwise(marks))
    windows = [
        [(start, end) for start, end in steps if start.at_s < save.on_disk_s and end.at_s >= save.begun_s]
        for save in saves
    ]
    outside = set(steps[2:]).difference(*windows)
    usual_s = statistics.median(_length_s(*step) for step in outside)
    stalls = []
    for number, (save, window) in enumerate(zip(saves, windows, strict=True)):
        extra_s = [_length_s(*step) - usual_s for step in window]
        until_s = save.on_disk_s - save.begun_s
        stalls.append(Stall(max(extra_s), sum(extra_s), until_s, save.size_bytes, first=number == 0))
    return usual_s, stalls


def _length_s(start: Mark, end: Mark) -> float:
    return end.at_s - start.at_s - (end.waited_s - start.waited_s)


def stall_table(rounds: int) -> str:
    """All rows in turn, `rounds` times."""
    make, batch = workload()
    rows: dict[str, Row] = {
        "no checkpoint (control)": control,
        "torch.save + fsync in the loop": torch_save,
        "**ours: Trainer**": ours,
        "torch.distributed.checkpoint.async_save": async_save,
        "Accelerate save_state": accelerate,
        "Lightning ModelCheckpoint": partial(lightning, behind=False),
        "Lightning, AsyncCheckpointIO": partial(lightning, behind=True),
    }
    found: dict[str, list[Stall]] = {name: [] for name in rows}
    usual: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, row in rows.items():
            step_s, stalls = section(row, make, batch)
            usual[name].append(step_s)
            found[name] += stalls
    lines = [
        "| checkpoint of 126 MB | step | stall | range | first in a run | sum | until on the disk | saves | MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(name, statistics.median(usual[name]), found[name]) for name in rows)])


def _line(name: str, usual_s: float, stalls: list[Stall]) -> str:
    def median_ms(values: Iterator[float]) -> str:
        return f"{statistics.median(values) * 1e3:.0f} ms"

    low, high = min(each.stall_s for each in stalls) * 1e3, max(each.stall_s for each in stalls) * 1e3
    cells = [
        name,
        f"{usual_s * 1e3:.0f} ms",
        median_ms(each.stall_s for each in stalls),
        f"{low:.0f}-{high:.0f}",
        median_ms(each.stall_s for each in stalls if each.first),
        median_ms(each.sum_s for each in stalls),
        median_ms(each.until_on_disk_s for each in stalls),
        str(len(stalls)),
        f"{statistics.median(each.size_bytes for each in stalls) / 1e6:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


# -- a small model


def overhead_table(size_name: str, rounds: int) -> str:
    """The loop by hand, and the Trainer without and with a checkpoint each second."""
    import overhead  # here, because it doubles the periods of all runs that follow, as its turns need it

    def with_checkpoints(make: Any, batches: Any, turns: Any) -> nn.Module:
        model, optimizer = make()
        config = ds.TrainConfig(checkpoint_every_s=2.0)  # half of the time is the other side's
        data = partial(turns, batches)
        ds.Trainer(model, data, loss_fn=cross_entropy, optimizer=optimizer, config=config).fit()
        return model

    overhead.OURS = {
        "raw loop (control)": overhead.raw_loop,
        "**ours: Trainer**": overhead.trainer,
        "**ours: Trainer, a checkpoint each second**": with_checkpoints,
    }
    measured = partial(overhead.measure, size=getattr(overhead, size_name), times=OVERHEAD_TIMES)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DS_RUNS"] = folder
        return overhead.table(overhead.ours(measured, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description="What a checkpoint costs the loop, beside the peers.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"sections of three saves a row ({ROUNDS})")
    parser.add_argument("--only", choices=("stall", "overhead"), help="one of the two tables")
    asked = parser.parse_args()
    print(f"{time.strftime('%Y-%m-%d')}, torch {torch.__version__}, Python {sys.version.split()[0]}")
    if asked.only != "overhead":
        print(f"\n{stall_table(asked.rounds)}", flush=True)
    if asked.only != "stall":
        for size_name in ("SMALL", "MEDIUM"):
            print(f"\nA {size_name.lower()} MLP\n\n{overhead_table(size_name, OVERHEAD_ROUNDS)}", flush=True)


if __name__ == "__main__":
    main()
