# code: serialization
# kind: decoy
# ruff: noqa
"""Larvae drifting over a reef: advection and diffusion on a grid, with a settling count."""

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass
class any_Progress:
    step: int = 0
    settled: float = 0.0
    lost: float = 0.0
    densest: list = field(default_factory=list)


class any_Journal:
    """Lets the viewer in the other room follow the run."""

    def __init__(self, path):
        self.path = path
        self.out = path.open("w")

    def write(self, progress):
        self.out.write(json.dumps(vars(progress)) + "\n")  # HERE

    def last(self):
        self.out.close()
        return any_Progress(**json.loads(self.path.read_text().splitlines()[-1]))


class any_Sea:
    def __init__(self, size, seed):
        rng = np.random.default_rng(seed)
        self.larvae = np.zeros((size, size))
        spots = rng.integers(size // 4, 3 * size // 4, (30, 2))
        self.larvae[spots[:, 0], spots[:, 1]] = 1000.0
        rows, columns = np.mgrid[0:size, 0:size] / size * 2 * np.pi
        inner = np.s_[1:-1, 1:-1]
        self.east = (0.15 * np.sin(rows) * np.cos(columns / 2))[inner]
        self.south = (-0.15 * np.cos(rows / 2) * np.sin(columns))[inner]
        self.reef = rng.random((size, size)) < 0.02

    def step(self, spread, settle):
        here = self.larvae
        # the rim holds nothing, so only the inside has four neighbours
        north, south = here[:-2, 1:-1], here[2:, 1:-1]
        west, east = here[1:-1, :-2], here[1:-1, 2:]
        inside = here[1:-1, 1:-1] * (1 - 4 * spread)
        inside += (spread + self.south) * north + (spread - self.south) * south
        inside += (spread + self.east) * west + (spread - self.east) * east
        here = np.zeros_like(here)
        here[1:-1, 1:-1] = inside
        np.maximum(here, 0, out=here)
        arrived = here * self.reef * settle
        here -= arrived
        edge = here[1].sum() + here[-2].sum() + here[:, 1].sum() + here[:, -2].sum()
        here[1] = here[-2] = 0
        here[:, 1] = here[:, -2] = 0
        self.larvae = here
        return float(arrived.sum()), float(edge)

    def densest(self, count):
        flat = np.argpartition(self.larvae.ravel(), -count)[-count:]
        return [[int(row), int(column)] for row, column in zip(*np.unravel_index(flat, self.larvae.shape))]


def any_run(sea, steps, journal):
    progress = any_Progress()
    for step in range(1, steps + 1):
        settled, lost = sea.step(spread=0.12, settle=0.05)
        progress.step = step
        progress.settled += settled
        progress.lost += lost
        if step % 5 == 0:
            progress.densest = sea.densest(120)
            journal.write(progress)
    return progress


def main():
    folder = Path(tempfile.mkdtemp())
    try:
        journal = any_Journal(folder / "progress.jsonl")
        sea = any_Sea(size=vary(420), seed=101)
        any_run(sea, steps=vary(700), journal=journal)
        last = journal.last()
        print(f"step {last.step}: settled {last.settled:.0f}, lost {last.lost:.2f}, left {sea.larvae.sum():.0f}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
