"""`--micro-batch auto` in a process that is killed above 1 GB: what it foresees, what it chooses, what it costs.

    python benchmarks/micro_batch.py                      # all four models: about 10 minutes on two cores
    python benchmarks/micro_batch.py --model transformer

Each model is fitted and then trained in a child in a memory cgroup (v1 or v2, which takes root) that is killed above
the limit. Children that are free of it, one a size and turn, sweep the sizes: their peaks and throughput are what the
choice is measured by. In one child for all, the sizes after the largest would run on memory that it left in the
allocator, as no training with that size does. One torch thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ds_notebook.host.memory_peak import give_back_free_memory, peak_memory
from ds_notebook.train.batch import Parts
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.fit_micro_batch import candidates, fit_micro_batch
from ds_notebook.train.loss import find_loss
from ds_notebook.train.precision import precision_of
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step

LIMIT_BYTES = 1 << 30
NUM_STEPS = 12
SWEEP_ROUNDS = 2
NUM_SWEPT = 7
"""The largest sizes, down to a 64th of the batch: those below are slower on each model, and take minutes."""


class Task(NamedTuple):
    """A model and one batch for it."""

    model: nn.Module
    batch: Parts


class Transformer(nn.Module):
    """256 wide, 4 layers: a language model over sequences of 128."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(1000, 256)
        layer = nn.TransformerEncoderLayer(256, 4, 1024, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 4)
        self.head = nn.Linear(256, 1000)

    def forward(self, tokens: Tensor) -> Any:  # torch's modules return Any
        return self.head(self.blocks(self.embed(tokens)))


class Recurrent(nn.Module):
    """A two-layer LSTM, 256 wide, over 100 steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(64, 256, 2, batch_first=True)
        self.head = nn.Linear(256, 10)

    def forward(self, sequences: Tensor) -> Any:  # torch's modules return Any
        return self.head(self.lstm(sequences)[0][:, -1])


def cnn() -> Task:
    layers: list[nn.Module] = []
    before = 3
    for width in (64, 128, 256):
        layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        before = width
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(256 * 16, 10))
    return Task(model, Parts(torch.randn(384, 3, 32, 32), torch.randint(10, (384,))))


def transformer() -> Task:
    return Task(Transformer(), Parts(torch.randint(1000, (96, 128)), torch.randint(1000, (96, 128))))


def wide_mlp() -> Task:
    layers = [layer for _ in range(3) for layer in (nn.Linear(1024, 1024), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(1024, 10))
    return Task(model, Parts(torch.randn(16384, 1024), torch.randint(10, (16384,))))


def lstm() -> Task:
    return Task(Recurrent(), Parts(torch.randn(512, 100, 64), torch.randint(10, (512,))))


TASKS = {"CNN": cnn, "transformer": transformer, "wide MLP": wide_mlp, "LSTM": lstm}


def training(name: str) -> tuple[TrainingState, Parts]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model, batch = TASKS[name]()
    with torch.no_grad():
        loss_fn, _ = find_loss(model(batch.inputs[:2]), batch.targets[:2])
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    step = Step(model, optimizer, precision_of("fp32", torch.device("cpu"), model), loss_fn)
    return TrainingState(model, step, None, EarlyStop("val_loss", None), None), batch


def steps(state: TrainingState, batch: Parts, number: int) -> float:
    """Samples a second of the fastest of `number` steps."""
    fastest_s = float("inf")
    for _ in range(number):
        start_s = time.perf_counter()
        state.step.gradients(batch)
        state.step.update()
        fastest_s = min(fastest_s, time.perf_counter() - start_s)
    return len(batch.inputs) / fastest_s


# -- the children


def fit(name: str) -> dict[str, Any]:
    state, batch = training(name)
    decision = fit_micro_batch(state, batch)
    give_back_free_memory()
    with peak_memory() as peak:
        speed = steps(state, batch, NUM_STEPS)
        return {
            "verdict": decision.verdict,
            "size": state.step.micro_batch or len(batch.inputs),
            "reason": decision.reason,
            "samples_per_s": speed,
            "measured_bytes": peak(),
            **decision.evidence,
            "in_trials": decision.evidence["samples_per_s"],
        }


def sweep(name: str, size: int) -> tuple[float, int]:
    """Samples a second and the peak of two steps with one size."""
    state, batch = training(name)
    state.step.micro_batch = None if size == len(batch.inputs) else size
    give_back_free_memory()
    with peak_memory() as peak:
        return steps(state, batch, 2), peak()


@contextmanager
def limited(limit_bytes: int) -> Iterator[Path]:
    """A memory cgroup whose processes are killed above the limit: the path of its list of processes."""
    root = Path("/sys/fs/cgroup")
    version_1 = (root / "memory").is_dir()
    folder = (root / "memory" if version_1 else root) / f"ds-micro-batch-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(limit_bytes))
        yield folder / "cgroup.procs"
    finally:
        folder.rmdir()


def child(*words: str, group: Path | None = None) -> Any:
    """What the child printed; raises CalledProcessError where it was killed."""
    command = [sys.executable, __file__, "--child", *words]

    def enter() -> None:
        if group is not None:
            group.write_text(str(os.getpid()))

    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, preexec_fn=enter)
    return json.loads(done.stdout)


# -- the tables


def swept_sizes(name: str) -> dict[int, tuple[float, int]]:
    """The best of the turns for each size: samples a second, and the highest peak."""
    num_samples = len(TASKS[name]().batch.inputs)
    found: dict[int, tuple[float, int]] = {}
    for _ in range(SWEEP_ROUNDS):
        for size in candidates(num_samples, statistics=False)[-NUM_SWEPT:]:
            speed, peak_bytes = child("sweep", "--model", name, "--size", str(size))
            before = found.get(size, (0.0, 0))
            found[size] = max(speed, before[0]), max(peak_bytes, before[1])
    return found


def report(name: str) -> list[str]:
    with limited(LIMIT_BYTES) as group:
        fitted = child("fit", "--model", name, group=group)
    swept = swept_sizes(name)
    fitting = {size: found for size, found in swept.items() if found[1] <= fitted["limit_bytes"]}
    best = max(fitting, key=lambda size: fitting[size][0])
    size = fitted["size"]
    print(f"\n### {name}\n\n{fitted['reason']}. Trials took {fitted['trial_s']:.1f} s.\n")
    print(
        "| samples at a time | foreseen, MB | peak in its trial, MB | samples/s there | sweep: peak, MB | samples/s |"
    )
    print("|---|---|---|---|---|---|")
    for each, (speed, peak_bytes) in swept.items():
        foreseen, tried, in_trial = (
            fitted[what].get(str(each)) for what in ("predicted_bytes", "peak_bytes", "in_trials")
        )
        there = f"{in_trial:.4g}" if in_trial else "-"
        print(f"| {each} | {mb(foreseen)} | {mb(tried)} | {there} | {mb(peak_bytes)} | {speed:.4g} |", flush=True)
    foreseen, measured = fitted["training_peak_bytes"], fitted["measured_bytes"]
    ahead = fitted["predicted_bytes"][str(size)]
    return [
        name,
        fitted["verdict"],
        mb(ahead),
        mb(foreseen),
        f"{mb(measured)} ({ahead / measured:.2f}, {foreseen / measured:.2f})",
        mb(fitted["limit_bytes"]),
        f"{swept[size][0]:.4g}",
        f"{fitting[best][0]:.4g} at {best}",
        f"{swept[size][0] / fitting[best][0]:.2f}",
        f"{fitted['trial_s']:.1f} s",
    ]


def mb(num_bytes: float | None) -> str:
    return "-" if num_bytes is None else f"{num_bytes / 2**20:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=TASKS)
    parser.add_argument("--child", choices=("fit", "sweep"), help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(fit(options.model) if options.child == "fit" else sweep(options.model, options.size)))
        return
    rows = [report(name) for name in ([options.model] if options.model else TASKS)]
    print(
        "\n| model | chosen | foreseen before its trial, MB | after it, MB "
        f"| peak of {NUM_STEPS} steps, MB (foreseen / measured) | limit, MB "
        "| samples/s | best of the sweep that fits | ratio | trials |"
    )
    print("|" + "---|" * 10)
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
