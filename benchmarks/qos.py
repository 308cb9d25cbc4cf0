"""A service with a latency target and a training on two cores: who keeps the target, and who trains how fast.

    python benchmarks/qos.py                                  # 40 runs, about 35 minutes, on a quiet machine
    python benchmarks/qos.py --seeds 7 --seconds 40 --neighbours 1 --modes nice ours

An open-loop service (3 ms of CPU a request, Poisson arrivals, 10 a second and 250 a second for 6 of every 20 s)
stands beside our Trainer on a small network. Modes, in an order shuffled for each seed:

- static: a core each, by affinity, and one thread each
- none: both on both cores, two threads for the training
- nice: as none, the training at nice 19
- ours: both as jobs of the scheduler, the service with --latency-target-ms 150, the training with --max-cpus 2

Each quiet, and with a neighbour that computes all the time on one core, started here. All get the same environment
(OMP_WAIT_POLICY=PASSIVE), so that the control alone differs. p99 is over all requests of a run, each counted from when
it was due. Nothing is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from qos_jobs import LATENCIES

from ds_notebook.record import runs
from ds_notebook.schedule import Schedule, submit
from ds_notebook.schedule.config import SubmitConfig
from ds_notebook.schedule.tree import descendants

TARGET_MS = 150.0
MODES = ("static", "none", "nice", "ours")
JOBS = str(Path(__file__).with_name("qos_jobs.py"))
WARM_UP_STEPS = 20


class Cell(NamedTuple):
    """What one run came to."""

    p99_ms: float
    late: float
    """Share of the requests over the target."""
    steps_per_s: float
    control: float | None
    """Share of a core that scheduler and wrappers took; None without them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--seconds", type=float, default=40.0, help="of load in each run; 20 have one burst")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--neighbours", type=int, nargs="+", choices=(0, 1), default=[0, 1])
    asked = parser.parse_args()
    for num_neighbours in asked.neighbours:
        cells: dict[str, list[Cell]] = {mode: [] for mode in asked.modes}
        for seed in asked.seeds:
            for mode in random.Random(seed).sample(asked.modes, len(asked.modes)):
                cells[mode].append(cell := measure(mode, seed, asked.seconds, num_neighbours))
                print(f"seed {seed}, {num_neighbours} neighbours, {mode}: {cell}", file=sys.stderr, flush=True)
        print(f"\n**{'With a neighbour' if num_neighbours else 'Quiet'}**\n")
        print(table(cells), flush=True)


def measure(mode: str, seed: int, seconds: float, num_neighbours: int) -> Cell:
    """One run in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ds-qos-"))
    os.environ.update(DS_RUNS=str(folder / "runs"), DS_SCHEDULER=str(folder / "scheduler"), OMP_WAIT_POLICY="PASSIVE")
    load = [sys.executable, JOBS, "service", str(seed), str(seconds)]
    training = [sys.executable, JOBS, "training"]
    try:
        with neighbours(num_neighbours):
            return (ours if mode == "ours" else by_hand)(mode, load, training)
    finally:
        shutil.rmtree(folder)


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    started = [subprocess.Popen([sys.executable, JOBS, "neighbour"]) for _ in range(count)]
    try:
        yield
    finally:
        end(*started)


def by_hand(mode: str, load: list[str], training: list[str]) -> Cell:
    """Without a scheduler; which core the training gets of two is chosen once, as a user would."""
    first, second = sorted(os.sched_getaffinity(0))[:2]
    cores = {"static": ({first}, {second})}.get(mode, ({first, second}, {first, second}))
    weaker = 19 if mode == "nice" else 0

    def start(command: list[str], cores: set[int], nice: int, threads: int) -> subprocess.Popen[bytes]:
        def place() -> None:
            os.sched_setaffinity(0, cores)
            os.nice(nice)

        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        return subprocess.Popen(command, env=environment, preexec_fn=place, stdout=subprocess.DEVNULL)

    trained = start(training, cores[1], weaker, len(cores[1]))
    served = None
    try:
        until_trained()
        served = start(load, cores[0], 0, len(cores[0]))
        if served.wait() != 0:
            sys.exit("The service failed.")
    finally:
        end(trained, *([served] if served else []))
    return result(None)


def ours(mode: str, load: list[str], training: list[str]) -> Cell:
    """As jobs of the scheduler."""
    schedule = Schedule()
    environment = (f"DS_RUNS={os.environ['DS_RUNS']}",)
    try:
        submit(training, config=SubmitConfig(name="train", cpus=1, max_cpus=2, env=environment))
        until_trained()
        service = SubmitConfig(name="serve", cpus=1, latency_target_ms=TARGET_MS, env=environment)
        (job,) = submit(load, config=service)
        assert schedule.pid is not None
        until(lambda: schedule.job(job).state == "running")
        control = control_until(lambda: schedule.job(job).is_done, schedule.pid)
    finally:
        schedule.stop(jobs=True)
    return result(control)


def until_trained() -> None:
    """Return once the training is in its stride."""
    until(lambda: len(columns_of("training").get("loss", [[]])[0]) > WARM_UP_STEPS)


def until(condition: Callable[[], bool], look_s: float = 0.1) -> None:
    deadline = time.monotonic() + 300
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("It took longer than 300 s.")
        time.sleep(look_s)


def columns_of(name: str) -> dict[str, tuple[list[int], list[float], list[float]]]:
    return next((each.columns() for each in runs() if each.started and each.started.name == name), {})


def result(control: float | None) -> Cell:
    """From what the two runs say."""
    (service,) = (each for each in runs() if each.started and each.started.name == "service")
    said = json.loads(Path(service.path, LATENCIES).read_text())
    late_ms = sorted(1e3 * each for each in said["latencies_s"])
    steps, times, _ = columns_of("training")["loss"]
    during = [(step, at) for step, at in zip(steps, times, strict=True) if said["began"] <= at <= said["ended"]]
    num_steps = during[-1][0] - during[0][0] if during else 0
    return Cell(
        p99_ms=late_ms[int(0.99 * len(late_ms))],
        late=sum(each > TARGET_MS for each in late_ms) / len(late_ms),
        steps_per_s=num_steps / (said["ended"] - said["began"]),
        control=control,
    )


def control_until(condition: Callable[[], bool], scheduler: int) -> float:
    """Share of a core that the scheduler and its wrappers take until then, the jobs themselves left out."""
    began_s = time.monotonic()
    wrappers = [pid for pid in descendants(scheduler) if b"ds_notebook.schedule.wrapper" in command_of(pid)]
    before = {pid: cpu_s(pid) for pid in (scheduler, *wrappers)}
    latest = dict(before)

    def look() -> bool:
        latest.update({pid: used for pid in before if (used := cpu_s(pid))})  # one that has ended keeps its last
        return condition()

    until(look, look_s=1.0)
    return (sum(latest.values()) - sum(before.values())) / (time.monotonic() - began_s)


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def cpu_s(pid: int) -> float:
    try:
        threads = list(Path(f"/proc/{pid}/task").glob("*/schedstat"))
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
    except OSError:
        return 0.0


def end(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()


def table(cells: dict[str, list[Cell]]) -> str:
    """A row a mode; training as the median of the ratios seed by seed, as a machine's speed changes within an hour."""
    head = ["mode", "p99 ms, each seed", "over the target", "steps/s", "to static", "to nice", "control, of a core"]
    rows = [head, ["---"] * len(head)]
    for mode, each in cells.items():
        controls = [cell.control for cell in each if cell.control is not None]
        rows.append(
            [
                mode,
                ", ".join(f"{cell.p99_ms:.0f}" for cell in each),
                f"{statistics.mean(cell.late for cell in each):.1%}",
                f"{statistics.median(cell.steps_per_s for cell in each):.1f}",
                *(against(each, cells.get(other, [])) for other in ("static", "nice")),
                f"{max(controls):.2%}" if controls else "-",
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def against(cells: list[Cell], others: list[Cell]) -> str:
    if not others:
        return "-"
    pairs = zip(cells, others, strict=True)
    ratios = [mine.steps_per_s / other.steps_per_s if other.steps_per_s else float("inf") for mine, other in pairs]
    return f"{statistics.median(ratios):.2f}"


if __name__ == "__main__":
    main()
