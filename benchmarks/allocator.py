"""What it costs on a CPU that glibc gives freed memory back to the system, to take it anew in the next step.

    python benchmarks/allocator.py        # about ten minutes

Each model takes steps in processes that alternate: as glibc is, and with two variables of glibc (`KEPT`).
Twice as it is makes the control. One torch thread, CPU time of the fastest step, page faults a step and
the highest resident memory; medians of the rounds, ratios to the first column's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

from micro_batch import training

ROUNDS = 5
NUM_STEPS = 3
MICRO_BATCH = {"CNN": 24, "transformer": 6, "LSTM": 32}
KEPT = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str((1 << 31) - 1)}
ROWS: dict[str, dict[str, str]] = {"as glibc is": {}, "the same (control)": {}, "memory kept": KEPT}


def child(name: str) -> None:
    """Steps of one model: CPU seconds and page faults of a step, and the highest resident memory in MB."""
    state, batch = training(name)
    state.step.micro_batch = MICRO_BATCH[name]
    seconds, faults = [], []
    for _ in range(NUM_STEPS):
        start_s, start_faults = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        state.step.gradients(batch)
        state.step.update()
        seconds.append(time.thread_time() - start_s)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start_faults)
    fastest = min(seconds[1:])
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([fastest, statistics.median(faults[1:]), peak_mb]))


def measured(name: str, variables: dict[str, str]) -> list[float]:
    command = [sys.executable, __file__, "--child", name]
    found: list[float] = json.loads(subprocess.check_output(command, env={**os.environ, **variables}, text=True))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="What it costs that freed memory goes back to the system.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each ({ROUNDS})")
    parser.add_argument("--child", choices=MICRO_BATCH, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    print("| model | glibc | CPU time | range | s a step | page faults a step | highest memory, MB |")
    print("|---|---|---|---|---|---|---|")
    for name in MICRO_BATCH:
        rounds = [{row: measured(name, variables) for row, variables in ROWS.items()} for _ in range(options.rounds)]
        for row in ROWS:
            ratios = [each[row][0] / each["as glibc is"][0] for each in rounds]
            step_s, faults, peak_mb = (statistics.median(each[row][at] for each in rounds) for at in range(3))
            spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
            print(
                f"| {name} | {row} | {statistics.median(ratios):.2f} | {spread} "
                f"| {step_s:.2f} | {faults:.0f} | {peak_mb:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
