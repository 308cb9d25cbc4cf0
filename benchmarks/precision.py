"""What `precision auto` gains over plain fp32 on twelve models, and whether the digits are learnt as well in bf16.

    python benchmarks/precision.py            # some minutes
    python benchmarks/precision.py --quick    # a smoke run: two small models, two seeds

Every model trains four times over from the same weights: plain fp32 AdamW (the loop by hand, what all is measured
against), the same again (the control), fp32 with a fused AdamW, and what auto made of a plain AdamW. The four take
turns within a round, and a round's ratio is of the seconds a step, so that a neighbour on the machine slows all alike.
One torch thread, CPU time of the process. The table is void where a control strays further from 1 than a claim.
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import torch
from precision_models import WORKLOADS, Workload
from torch import nn

import ds_notebook as ds
from ds_notebook.host import facts
from ds_notebook.record.events import Decision
from ds_notebook.train.batch import forward
from ds_notebook.train.choose_precision import choose_precision
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.precision import precision_of
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step

ROUNDS = 7
TURN_S = 0.3
MAX_TURN = 100
NUM_SEEDS = 8
CPU = torch.device("cpu")
Steps = Callable[[int], None]


def by_hand(workload: Workload, *, fused: bool) -> Steps:
    """The loop that everything is measured against; plain is torch's default on a CPU, weight after weight."""
    model, batches = copy.deepcopy(workload.model), cycle(workload.batches)
    optimizer = torch.optim.AdamW(model.parameters(), fused=fused)

    def steps(num_steps: int) -> None:
        for _ in range(num_steps):
            inputs, targets = next(batches)
            optimizer.zero_grad()
            loss = workload.loss_fn(forward(model, inputs), targets)
            loss.backward()
            optimizer.step()

    return steps


def chosen_by_auto(workload: Workload) -> tuple[Steps, Decision]:
    """A trainer's steps after `precision auto` met a plain AdamW."""
    model, batches = copy.deepcopy(workload.model), cycle(workload.batches)
    optimizer = torch.optim.AdamW(model.parameters())
    step = Step(model, optimizer, precision_of("fp32", CPU, model), workload.loss_fn)
    state = TrainingState(model, step, None, EarlyStop("val_loss", None), None)
    decision = choose_precision(state, workload.batches)

    def steps(num_steps: int) -> None:
        for _ in range(num_steps):
            step.gradients(next(batches))
            step.update()

    return steps, decision


class Row(NamedTuple):
    """One model: milliseconds of a plain step, ratios to it of each round, and what auto said."""

    name: str
    plain_ms: float
    control: list[float]
    fused: list[float]
    auto: list[float]
    auto_at_best: float
    """The ratio of the fastest turns of both: what a busy machine disturbs least."""
    decision: Decision


def measured(name: str, rounds: int) -> Row:
    """The four in turns."""
    torch.manual_seed(0)
    workload = WORKLOADS[name]()
    steps_of_auto, decision = chosen_by_auto(workload)
    contenders = {
        "plain": by_hand(workload, fused=False),
        "control": by_hand(workload, fused=False),
        "fused": by_hand(workload, fused=True),
        "auto": steps_of_auto,
    }
    for steps in contenders.values():
        steps(2)
    turn = max(1, min(MAX_TURN, int(TURN_S / step_s(contenders["plain"], 2))))
    taken_s: dict[str, list[float]] = {contender: [] for contender in contenders}
    for round_ in range(rounds):
        order = list(contenders) if round_ % 2 else list(reversed(contenders))
        for contender in order:
            taken_s[contender].append(step_s(contenders[contender], turn))
    ratios = {
        contender: [plain / own for plain, own in zip(taken_s["plain"], of_contender, strict=True)]
        for contender, of_contender in taken_s.items()
    }
    plain_ms = 1e3 * statistics.median(taken_s["plain"])
    at_best = min(taken_s["plain"]) / min(taken_s["auto"])
    return Row(name, plain_ms, ratios["control"], ratios["fused"], ratios["auto"], at_best, decision)


def step_s(steps: Steps, num_steps: int) -> float:
    """CPU seconds of the process per step."""
    before_s = time.process_time()
    steps(num_steps)
    return (time.process_time() - before_s) / num_steps


def table(rows: Sequence[Row]) -> str:
    """As Markdown: how many times faster than plain fp32, median [range] of the rounds."""
    head = ("model", "plain fp32 step", "control", "fp32 + fused", "**auto**", "fastest turns", "chose", "trials")
    lines = [_line(*head), f"|{'---|' * len(head)}"]
    for row in rows:
        auto = f"**{_spread(row.auto)}**"
        trials = f"{row.decision.evidence['trial_s']:.1f} s"
        ratios = (_spread(row.control), _spread(row.fused), auto)
        lines.append(
            _line(row.name, f"{row.plain_ms:.3g} ms", *ratios, f"{row.auto_at_best:.2f}", row.decision.verdict, trials)
        )
    return "\n".join(lines)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _spread(ratios: Sequence[float]) -> str:
    return f"{statistics.median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"


def digits_accuracy(precision: str, seed: int) -> float:
    """Percent of the held-out third of scikit-learn's digits read correctly after 15 epochs."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    pixels = (pixels / 16).astype("float32")
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    config = ds.TrainConfig(epochs=15, precision=precision, seed=seed)  # type: ignore[arg-type]  # one of the two below
    run = ds.Trainer(model, (pixels[:1198], labels[:1198]), (pixels[1198:], labels[1198:]), config=config).fit()
    return 100 * run.record.columns()["val_accuracy"][2][-1]


def digits_table(num_seeds: int) -> str:
    """Accuracy of both precisions from the same seeds."""
    accuracy = {name: [digits_accuracy(name, seed) for seed in range(num_seeds)] for name in ("fp32", "bf16")}
    difference = [bf16 - fp32 for fp32, bf16 in zip(accuracy["fp32"], accuracy["bf16"], strict=True)]
    lines = [
        f"| {name} | {statistics.mean(values):.2f} % | {statistics.stdev(values):.2f} |"
        for name, values in {**accuracy, "bf16 - fp32, seed by seed": difference}.items()
    ]
    return "\n".join([f"| digits, {num_seeds} seeds | mean | deviation |\n|---|---|---|", *lines])


def _machine() -> str:
    """Its cores, its processor, and what makes bf16 fast on it."""
    fast = [flag for flag in facts().cpu_flags or () if flag in ("avx512_bf16", "amx_bf16")]
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    name = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
    return f"{facts().threads} cores, {name} with {' and '.join(fast) or 'no fast bf16'}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What precision auto gains on twelve models.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each ({ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="a smoke run: two small models, two seeds")
    parser.add_argument("--only", metavar="WORD", default="", help="models whose name holds this word")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    names = [name for name in WORKLOADS if asked.only in name]
    if asked.quick:
        names = [name for name in names if "MLP 128" in name or "small CNN" in name]
    print(f"{time.strftime('%Y-%m-%d')}, {_machine()}, torch {torch.__version__}, one thread\n")
    rows = [measured(name, 2 if asked.quick else asked.rounds) for name in names]
    print(table(rows), flush=True)
    print("\n" + "\n".join(f"- {row.name}: {row.decision.reason}" for row in rows), flush=True)
    if not asked.only:
        with tempfile.TemporaryDirectory() as runs:
            os.environ["DS_RUNS"] = runs
            print("\n" + digits_table(2 if asked.quick else NUM_SEEDS))


if __name__ == "__main__":
    main()
