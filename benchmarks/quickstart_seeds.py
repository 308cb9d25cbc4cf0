"""How well the quickstart does over several seeds: the notebook itself through papermill, then its record."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import ds_notebook as ds

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "quickstart.ipynb"
NUM_SEEDS = 8


class Outcome(NamedTuple):
    """What one seed gave."""

    seed: int
    accuracy: float
    training_s: float
    notebook_s: float
    """From papermill's start to its end, the kernel's start and the imports included."""


def outcome(seed: int, folder: Path) -> Outcome:
    """Run the notebook with `seed`; raises CalledProcessError where it fails, by its gate for one."""
    runs = folder / f"seed-{seed}"
    command = [sys.executable, "-m", "papermill", "-k", "python3", "--no-progress-bar", "--log-level", "ERROR"]
    start_s = time.monotonic()
    subprocess.run(
        [*command, "-p", "seed", str(seed), str(NOTEBOOK), str(folder / f"{seed}.ipynb")],
        cwd=folder,
        env={**os.environ, "DS_RUNS": str(runs)},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    notebook_s = time.monotonic() - start_s
    (record,) = ds.runs(runs)
    started, ended = record.started, record.ended
    assert started is not None and ended is not None
    return Outcome(seed, record.columns()["val_accuracy"][2][-1], ended.at - started.at, notebook_s)


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as Markdown, their median last."""
    rows = [(str(each.seed), *each[1:]) for each in outcomes]
    rows.append(("**median**", *(statistics.median(column) for column in list(zip(*outcomes, strict=True))[1:])))
    lines = [f"| {seed} | {100 * share:.2f} % | {fit:.1f} s | {all_s:.1f} s |" for seed, share, fit, all_s in rows]
    return "\n".join(
        ["| seed | held-out third read correctly | training | whole notebook |", "|---|---|---|---|", *lines]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The quickstart's accuracy and time over several seeds.")
    parser.add_argument("--seeds", type=int, default=NUM_SEEDS, help=f"how many ({NUM_SEEDS})")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print(table([outcome(seed, Path(folder)) for seed in range(asked.seeds)]))


if __name__ == "__main__":
    main()
