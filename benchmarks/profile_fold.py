"""A profile of 1,000,000 samples: how long it takes to fold, and how large its scene and its notebook output are.

    python benchmarks/profile_fold.py

The record is made up from a stated model: 4,000 distinct stacks, 2 to 44 frames deep, nine in ten of which leave an
earlier one at a random depth; their frequencies fall as 1/rank; 100 samples a second for 10,000 s. It is written as the
sampler writes: every second at first, later after a twentieth of the time so far, at most 2,000 samples in their order.
"""

from __future__ import annotations

import gc
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import msgspec

from ds_notebook.export.speedscope_file import encoded
from ds_notebook.profile.folded import fold
from ds_notebook.profile.view import ProfileView
from ds_notebook.record import Record
from ds_notebook.record.events import AnyEvent, RunEnded, RunStarted, Stacks
from ds_notebook.record.journal import write_apart
from ds_notebook.widgets.bundle import bundle

NUM_SAMPLES, GAP_S = 1_000_000, 0.01
NUM_STACKS, DEEPEST, NUM_FUNCTIONS = 4000, 44, 2500
MOST_IN_ORDER = 2000
REPEATS = 5

Path_ = tuple[int, ...]


def model_stacks(chance: random.Random) -> tuple[list[str], list[Path_]]:
    """The frames, and the distinct stacks as places in them."""
    frames = [
        f"{'function' if chance.random() < 0.5 else 'Class.method'}_{number} "
        f"(/usr/lib/python3/dist-packages/package{number % 40}/module{number % 160}.py:{chance.randint(1, 900)})"
        for number in range(NUM_FUNCTIONS)
    ]
    frames[0] = "<module> (cell 7:3)"
    paths: dict[Path_, None] = {(0, 1): None}
    while len(paths) < NUM_STACKS:
        left = chance.choice(list(paths)) if len(paths) % 50 == 0 else next(reversed(paths))
        kept = left[: chance.randint(1, len(left))] if chance.random() < 0.9 else (0,)
        depth = chance.randint(min(len(kept) + 1, DEEPEST), DEEPEST)
        paths[kept + tuple(chance.randrange(1, NUM_FUNCTIONS) for _ in range(depth - len(kept)))] = None
    return frames, list(paths)


def model_events(chance: random.Random) -> Iterator[AnyEvent]:
    """The run's events, from its start to its end."""
    frames, paths = model_stacks(chance)
    yield RunStarted(
        at=0.0, kind="profile", name="model", host="", boot_id="", pid=0, process_started=0.0, config={"rate_hz": 100}
    )
    cumulative = list(accumulate(1 / rank for rank in range(1, NUM_STACKS + 1)))
    chance.shuffle(paths)
    done = 0
    while done < NUM_SAMPLES:
        count = min(NUM_SAMPLES - done, max(100, done // 20))
        samples = chance.choices(range(NUM_STACKS), cum_weights=cumulative, k=count)
        yield written(done * GAP_S, frames, paths, samples)
        done += count
    yield RunEnded(at=done * GAP_S, status="finished")


def written(at: float, frames: list[str], paths: list[Path_], samples: list[int]) -> Stacks:
    """Samples as one event."""
    counts = Counter(samples)
    numbers = {stack: place for place, stack in enumerate(counts)}
    used: dict[int, int] = {}
    stacks = [[used.setdefault(frame, len(used)) for frame in paths[stack]] for stack in counts]
    pool = -(-len(samples) // MOST_IN_ORDER)
    order = [numbers[stack] for stack in samples[::pool]]
    seconds = [round(count * GAP_S, 6) for count in counts.values()]
    return Stacks(
        at=at,
        frames=[frames[frame] for frame in used],
        stacks=stacks,
        weights_s=seconds,
        cpu_s=seconds,
        order=order,
        gaps_s=[round(GAP_S * len(samples) / len(order), 6)] * len(order),
    )


def medians(work: Callable[[], object]) -> str:
    """Of `REPEATS` times: seconds of a core, which other work on the machine stretches less, and on the clock."""
    cores, clocks = [], []
    for _ in range(REPEATS):
        gc.collect()
        core, clock = time.process_time(), time.perf_counter()
        work()
        cores.append(time.process_time() - core)
        clocks.append(time.perf_counter() - clock)
    return f"{statistics.median(cores):.2f} s | {statistics.median(clocks):.2f} s"


def viewed(events: Iterable[AnyEvent]) -> ProfileView:
    """The view of a record, as the lab's server or `ds show` folds it."""
    view = ProfileView()
    for event in events:
        view.add(event)
    return view


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        record = Record(Path(folder))
        write_apart(record.path, list(model_events(random.Random(0))))
        size = sum(file.stat().st_size for file in record.path.iterdir())
        events = list(record.events())
        view = viewed(events)
        scene = view.scene()
        print(f"{NUM_SAMPLES:,} samples, a record of {size / 1e6:.1f} MB, load average {os.getloadavg()[0]:.1f}\n")
        print("| | a core | the clock |\n|---|---|---|")
        print(f"| reading the record | {medians(lambda: sum(1 for _ in record.events()))} |")
        print(f"| folding it for the view | {medians(lambda: viewed(events))} |")
        print(f"| the scene | {medians(view.scene)} |")
        print(f"| folding it for the rules | {medians(lambda: fold(events))} |\n")
        print("| | bytes | bound |\n|---|---|---|")
        print(f"| the scene, JSON | {len(msgspec.json.encode(scene)):,} | 50,000 |")
        print(
            f"| the whole output in a notebook | {len(msgspec.json.encode(bundle(record, scene).data)):,} | 100,000 |"
        )
        print(f"| export for speedscope | {len(encoded(record)[0]):,} | |")


if __name__ == "__main__":
    main()
