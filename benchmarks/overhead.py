"""What recording costs per step: our trainer and our own-loop door beside a loop by hand, and the peers beside it too.

    python benchmarks/overhead.py                # the whole table: ours, ours in a kernel with its live view, the peers
    python benchmarks/overhead.py --only ours    # a minute or two

Ours and the loop by hand take turns of 25 steps inside one run, on the same batches, each with a model of its own: a
neighbour on the machine slows both alike. A run's ratio is of the sums over all turns. One torch thread, CPU time. What
our threads use (the run's, the live view's) is added to our side, by its rate per second. The clock by which rows are
written and commands looked for runs on in the other's turns, so its periods are doubled. A control row sets the loop by
hand against itself: the table is void unless it is 1.00 +- 0.01.

The peers alternate with the loop by hand run by run (peers.py): their differences are large enough for it.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from peers import MEDIUM, PEERS, SMALL, Batch, Make, Row, Size, compare, same_weights, table, workload
from torch import nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds
from ds_notebook.record import run as run_module

ROUNDS = 15
PEER_ROUNDS = 5
KERNEL_ROUNDS = 5
KERNEL_TIMES = 6
"""In a kernel runs are longer, for the live view to draw more than once."""
TURN = 25
WARM_UP_TURNS = 4


def double_the_periods() -> None:
    """Half of the time is the other side's: so rows are written and commands looked for as often in our time."""
    run_module.FLUSH_NS *= 2
    run_module.POLL_NS *= 2


double_the_periods()


class Turns:
    """Hands out batches in turns; between two turns a loop by hand takes the same steps, and both are timed."""

    def __init__(self, make: Make) -> None:
        self._model, self._optimizer = make()
        self.ours_s = self.raw_s = 0.0
        self._ours_wall_s = 0.0
        self.num_steps = 0

    def __call__(self, batches: Sequence[Batch]) -> Iterator[Batch]:
        marks = _Marks()
        for start in range(0, len(batches), TURN):
            turn = batches[start : start + TURN]
            if start == WARM_UP_TURNS * TURN:
                self.ours_s = self.raw_s = self._ours_wall_s = 0.0
                self.num_steps = 0
                marks = _Marks()
            before_s = time.thread_time()
            train_by_hand(self._model, self._optimizer, turn)
            self.raw_s += time.thread_time() - before_s
            before_s, before_wall_s = time.thread_time(), time.perf_counter()
            yield from turn
            self.ours_s += time.thread_time() - before_s
            self._ours_wall_s += time.perf_counter() - before_wall_s
            self.num_steps += len(turn)
        self.ours_s += marks.other_threads_share() * self._ours_wall_s


def train_by_hand(model: nn.Module, optimizer: torch.optim.Optimizer, batches: Iterable[Batch]) -> nn.Module:
    """The loop that everything is measured against."""
    for inputs, targets in batches:
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return model


class _Marks:
    """Process, thread and wall time at one instant."""

    def __init__(self) -> None:
        self._process_s, self._thread_s, self._wall_s = time.process_time(), time.thread_time(), time.perf_counter()

    def other_threads_share(self) -> float:
        """CPU seconds that all other threads of the process used per second since then."""
        process_s, thread_s = time.process_time() - self._process_s, time.thread_time() - self._thread_s
        return (process_s - thread_s) / (time.perf_counter() - self._wall_s)


def raw_loop(make: Make, batches: list[Batch], turns: Turns) -> nn.Module:
    """The control: the loop by hand against itself."""
    return train_by_hand(*make(), turns(batches))


def own_loop(make: Make, batches: list[Batch], turns: Turns) -> nn.Module:
    """The loop by hand through the door: every loss recorded, a gradient norm on log points, commands polled."""
    model, optimizer = make()
    with ds.start_run("benchmark", total_steps=len(batches)) as run:
        for inputs, targets in run.steps(turns(batches)):
            optimizer.zero_grad()
            loss = cross_entropy(model(inputs), targets)
            loss.backward()
            if run.sampling:
                run.log(grad_norm=nn.utils.get_total_norm([weight.grad for weight in model.parameters()]))
            optimizer.step()
            run.log(loss=loss)
    _has_every_loss(run, len(batches))
    return model


def trainer(make: Make, batches: list[Batch], turns: Turns) -> nn.Module:
    """The Trainer with its record, gradient norm on log points and command polling."""
    model, optimizer = make()
    run = ds.Trainer(model, lambda: turns(batches), loss_fn=cross_entropy, optimizer=optimizer).fit()
    _has_every_loss(run, len(batches))
    return model


def _has_every_loss(run: ds.Run, num_steps: int) -> None:
    steps, _, losses = run.record.columns()["loss"]
    assert steps == list(range(num_steps)) and len(losses) == num_steps, "the record must hold one loss a step"


OURS = {
    "raw loop (control)": raw_loop,
    "**ours: run.steps + run.log**": own_loop,
    "**ours: Trainer**": trainer,
}


class Measured(NamedTuple):
    """One run beside the loop by hand."""

    ratio: float
    extra_us: float
    same_weights: bool


Measure = Callable[[str], Measured]


def measure(name: str, size: Size, times: int = 1) -> Measured:
    """One run of a row of ours, over so many `times` the size's steps."""
    make, batches = workload(size, size.num_steps * times)
    by_hand = train_by_hand(*make(), batches)
    gc.collect()
    turns = Turns(make)
    model = OURS[name](make, batches, turns)
    extra_us = (turns.ours_s - turns.raw_s) / turns.num_steps * 1e6
    return Measured(turns.ours_s / turns.raw_s, extra_us, same_weights(model, by_hand))


def ours(measured_in_place: Measure, rounds: int, place: str = "") -> list[Row]:
    """Our rows, which take turns as well, round by round; the first round warms everything up."""
    found: dict[str, list[Measured]] = {name: [] for name in OURS}
    for round_ in range(-1, rounds):
        for name in OURS:
            measured = measured_in_place(name)
            if round_ >= 0:
                found[name].append(measured)
    return [_row(f"{name}{place}", runs) for name, runs in found.items()]


def _row(name: str, runs: list[Measured]) -> Row:
    ratios = [run.ratio for run in runs]
    extra_us = statistics.median(run.extra_us for run in runs)
    same = all(run.same_weights for run in runs)
    return Row(name, statistics.median(ratios), min(ratios), max(ratios), extra_us, same)


@contextmanager
def in_a_kernel(size: Size) -> Iterator[Measure]:
    """Measures inside an ipykernel with the extension loaded, a cell a run: each is shown live while it goes."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")

    def cell(code: str, result: str = "None") -> str:
        reply = client.execute_interactive(
            code, user_expressions={"result": result}, timeout=600, output_hook=lambda message: None
        )["content"]
        if reply["status"] != "ok":
            raise RuntimeError("\n".join(reply["traceback"]))
        return str(reply["user_expressions"]["result"]["data"]["text/plain"])

    def measured(name: str) -> Measured:
        text = cell(f"measured = overhead.measure({name!r}, overhead.{size_name}, {KERNEL_TIMES})", "tuple(measured)")
        return Measured(*ast.literal_eval(text))

    size_name = "SMALL" if size is SMALL else "MEDIUM"
    try:
        cell(f"%load_ext ds_notebook\nimport sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\nimport overhead")
        yield measured
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What recording costs per step, beside a hand-written loop.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"runs of each of our rows ({ROUNDS})")
    parser.add_argument("--only", choices=("ours", "kernel", "peers"), help="a part of the table")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as runs:
        os.environ["DS_RUNS"] = runs
        print(f"{time.strftime('%Y-%m-%d')}, {_machine()}, torch {torch.__version__}, Python {sys.version.split()[0]}")
        for size in (SMALL, MEDIUM):
            make, batches = workload(size)
            turns = Turns(make)
            raw_loop(make, batches, turns)
            step_ms = turns.raw_s / turns.num_steps * 1e3
            print(
                f"\nMLP {size.hidden}, batch {size.batch_size}, {len(batches)} steps: {step_ms:.2f} ms a step by hand\n"
            )
            rows: list[Row] = []
            if asked.only in (None, "ours"):
                rows += ours(partial(measure, size=size), asked.rounds)
            if asked.only in (None, "kernel"):
                with in_a_kernel(size) as measured:
                    rows += ours(measured, min(asked.rounds, KERNEL_ROUNDS), ", in a kernel")
            if asked.only in (None, "peers"):
                rows += [compare(name, peer, make, batches, PEER_ROUNDS) for name, peer in PEERS.items()]
            print(table(rows), flush=True)


def _machine() -> str:
    """The processor's own name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown processor"


if __name__ == "__main__":
    main()
