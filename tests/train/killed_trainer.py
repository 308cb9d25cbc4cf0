"""Trainings to be killed: forked from a process that has loaded torch, so that a life is all training.

Dropout, batch statistics, an augmentation in the Dataset, an fp16 scaler, accumulation of 2, a cosine rate.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

import ds_notebook as ds
from ds_notebook.train.tree import pack

NUM_STEPS = 40 * 3


class Augmented(Dataset[tuple[Tensor, int]]):
    """320 points, turned and blurred anew with each look."""

    def __len__(self) -> int:
        return 320

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        time.sleep(0.0005 * random.random())
        return torch.randn(16) * 0.5 + index % 2, index % 2


def main(runs: str, workers: str, seed: str, num_kills: str) -> None:
    """Train without a kill, then kill and resume `num_kills` times; prints what came of each as JSON."""
    torch.set_num_threads(1)
    whole = life(Path(runs) / "whole", int(workers))
    wanted = json.loads((whole / "result").read_text())
    draw = random.Random(int(seed))
    kills_left, number = int(num_kills), 0
    while kills_left:
        number += 1
        folder = Path(runs) / str(number)
        here = min(kills_left, draw.randint(1, 3))
        kills = sum(killed(folder, int(workers), draw.uniform(0.02, 2.2)) for _ in range(here))
        kills_left -= kills
        life(folder, int(workers))
        result = json.loads((folder / "result").read_text())
        differs = [name for name in wanted if result[name] != wanted[name]]
        print(json.dumps({"kills": kills, "differs": differs}), flush=True)


def life(folder: Path, workers: int) -> Path:
    """One training to its end."""
    child = start(folder, workers)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"a training ended with {status}"
    return folder


def killed(folder: Path, workers: int, life_s: float) -> bool:
    """One training, killed after so long; False where it had ended before."""
    if (folder / "result").exists():
        return False
    child = start(folder, workers)
    time.sleep(life_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def start(folder: Path, workers: int, moment: Callable[[], None] = lambda: None) -> int:
    """A training in a fork of this process, which calls `moment` first; its pid."""
    child = os.fork()
    if child == 0:
        moment()
        os.environ["DS_RUNS"] = str(folder / "ds_runs")
        folder.mkdir(exist_ok=True)
        status = 1
        try:
            train(folder, workers)
            status = 0
        finally:
            os._exit(status)
    return child


def train(folder: Path, workers: int) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 2))
    config = ds.TrainConfig(
        epochs=3,
        batch_size=8,
        micro_batch=4,
        precision="fp16",
        schedule="cosine",
        workers=workers,
        resume="auto",
        checkpoint_every_s=0.1,
    )
    trainer = ds.Trainer(model, Augmented(), Augmented(), config=config)
    run = trainer.fit()
    columns = run.record.columns()
    result = {
        "model": digest(model.state_dict()),
        "optimizer": digest(trainer.optimizer.state_dict()),
        "loss": [columns["loss"][0], columns["loss"][2]],
        "val_loss": [columns["val_loss"][0], columns["val_loss"][2]],
    }
    (folder / "result").write_text(json.dumps(result))


def digest(tree: Any) -> str:
    packed, tensors = pack(tree)
    total = hashlib.sha256(json.dumps(packed).encode())
    for name in sorted(tensors):
        total.update(tensors[name].contiguous().numpy().tobytes())
    return total.hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])
