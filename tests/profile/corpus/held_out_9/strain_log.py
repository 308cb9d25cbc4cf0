# code: disk-wait
# kind: seeded
# gain: 1.6
# ruff: noqa
"""Follow the strain gauges of a bridge with Kalman filters and keep the states in a mapped file."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

GAUGES = 150


class any_Store:
    """One row per time step: filtered strain and its variance, for the dashboard to read."""

    def __init__(self, path, steps):
        self.table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(steps, 2, GAUGES))

    def any_put(self, step, mean, variance):
        self.table[step, 0] = mean
        self.table[step, 1] = variance
        self.table.flush()  # HERE

    def close(self):
        self.table.flush()
        del self.table


def traffic(steps, rng):
    """Strain: daily thermal wave, lorry crossings as pulses that move along the gauges, white noise."""
    place = np.arange(GAUGES)
    thermal = 40 * np.sin(2 * np.pi * np.arange(steps) / 1440)
    lorries = np.sort(rng.integers(0, steps, steps // 25))
    for step in range(steps):
        strain = thermal[step] + rng.normal(0, 3, GAUGES)
        lo, hi = np.searchsorted(lorries, (step - 12, step + 1))
        for entered in lorries[lo:hi]:
            strain += 25 * np.exp(-0.5 * ((place - 20 * (step - entered)) / 8.0) ** 2)
        yield step, strain


class Tracker:
    """Local-level filter for all gauges, with a common covariance between neighbours."""

    def __init__(self, reach=6.0):
        gap = np.abs(np.subtract.outer(np.arange(GAUGES), np.arange(GAUGES)))
        self.drift = 2.0 * np.exp(-gap / reach)
        self.noise = 9.0 * np.eye(GAUGES)
        self.mean = np.zeros(GAUGES)
        self.cov = 100.0 * np.eye(GAUGES)

    def step(self, strain):
        prior = self.cov + self.drift
        gain = np.linalg.solve(prior + self.noise, prior).T
        surprise = strain - self.mean
        self.mean = self.mean + gain @ surprise
        self.cov = prior - gain @ prior
        return float(np.abs(surprise).max())


def main():
    steps = vary(1600)
    rng = np.random.default_rng(40)
    tracker, alarms = Tracker(), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "states.npy"
        store = any_Store(path, steps)
        for step, strain in traffic(steps, rng):
            alarms += tracker.step(strain) > 24
            store.any_put(step, tracker.mean, np.diag(tracker.cov))  # HERE
        store.close()
        table = np.load(path)
    print(f"{steps} steps, {alarms} alarms, mean spread {np.sqrt(table[:, 1]).mean():.3f}")


main()
