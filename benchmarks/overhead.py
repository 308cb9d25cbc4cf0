"""What recording costs per step: our trainer and our own-loop door beside a loop by hand, and the peers beside it too.

    python benchmarks/overhead.py                # the whole table: ours, the peers, and ours inside a kernel
    python benchmarks/overhead.py --only ours    # seconds instead of minutes

Every row alternates with the raw loop in one process, one torch thread, and compares process CPU time per step: all of
the process, so our thread and the flushes count. A control row sets the raw loop against itself: the table is void
unless it lies within 1.00 +- 0.01.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence

import torch
from peers import MEDIUM, PEERS, SMALL, Batch, Make, Peer, StepClock, compare, cpu_per_step, raw, table, workload
from torch import nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds

ROUNDS = 15
PEER_ROUNDS = 5


def own_loop(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """The raw loop with two lines more: every loss recorded, a gradient norm on log points, commands polled."""
    model, optimizer = make()
    with ds.start_run("benchmark") as run:
        for inputs, targets in run.steps(clock(batches)):
            optimizer.zero_grad()
            loss = cross_entropy(model(inputs), targets)
            loss.backward()
            if run.sampling:
                run.log(grad_norm=nn.utils.get_total_norm([weight.grad for weight in model.parameters()]))
            optimizer.step()
            run.log(loss=loss)
    _has_every_loss(run, len(batches))
    return model


def trainer(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """The Trainer with its record, gradient norm on log points and command polling."""
    model, optimizer = make()
    run = ds.Trainer(model, lambda: clock(batches), loss_fn=cross_entropy, optimizer=optimizer).fit()
    _has_every_loss(run, len(batches))
    return model


def _has_every_loss(run: ds.Run, num_steps: int) -> None:
    steps, _, losses = run.record.columns()["loss"]
    assert steps == list(range(num_steps)) and len(losses) == num_steps, "the record must hold one loss a step"


OURS: dict[str, Peer] = {
    "raw loop (control)": raw,
    "**ours: own loop, run.steps + run.log**": own_loop,
    "**ours: Trainer**": trainer,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What recording costs per step, beside a hand-written loop.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"alternating pairs of our rows ({ROUNDS})")
    parser.add_argument("--only", choices=("ours", "peers", "kernel"), help="a part of the table")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as runs:
        os.environ["DS_RUNS"] = runs
        print(f"torch {torch.__version__}, Python {sys.version.split()[0]}, one torch thread")
        for size in (SMALL, MEDIUM):
            make, batches = workload(size)
            cpu_per_step(raw, make, batches)
            raw_ms = 1e3 * cpu_per_step(raw, make, batches)[0]
            print(
                f"\nMLP {size.hidden}, batch {size.batch_size}, {len(batches)} steps: {raw_ms:.2f} ms a step by hand\n"
            )
            rows = []
            if asked.only in (None, "ours"):
                rows += [compare(name, peer, make, batches, asked.rounds) for name, peer in OURS.items()]
            if asked.only in (None, "peers"):
                rows += [compare(name, peer, make, batches, PEER_ROUNDS) for name, peer in PEERS.items()]
            print(table(rows), flush=True)


if __name__ == "__main__":
    main()
