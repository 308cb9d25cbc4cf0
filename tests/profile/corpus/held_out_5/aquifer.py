# code: import-time
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Calibrates the conductivity of a well field on a part of its gauges and checks it on the others."""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy import optimize, special

WELLS = np.array([[120.0, 80.0], [340.0, 260.0], [510.0, 130.0], [640.0, 420.0]])


def any_halves(count, share):
    """Numbers of the gauges to fit and of those to check."""
    from torch.utils.data import random_split  # HERE

    fit, check = random_split(range(count), [share, 1.0 - share])
    return np.sort(fit.indices), np.sort(check.indices)


class Aquifer:
    """Theis drawdown of pumping wells at observation points."""

    def __init__(self, points, storage=2e-4):
        self.distance2 = ((points[None, :, :] - WELLS[:, None, :]) ** 2).sum(axis=2) + 1.0
        self.storage = storage

    def drawdown(self, transmissivity, rates, days):
        u = self.distance2 * (self.storage / (4.0 * transmissivity * days))
        return np.tensordot(rates, special.exp1(u), axes=1) / (4.0 * np.pi * transmissivity)


class Prior:
    """Log-normal transmissivity and pumping rates that vary by a tenth."""

    def __init__(self, mean, spread, rates, seed):
        self.mean, self.spread = np.log(mean), spread
        self.rates = np.asarray(rates)
        self.rng = np.random.default_rng(seed)

    def draw(self):
        transmissivity = np.exp(self.rng.normal(self.mean, self.spread))
        return transmissivity, self.rates * self.rng.normal(1.0, 0.1, len(self.rates))


def ensemble(aquifer, prior, draws, days):
    depths = np.empty((draws, aquifer.distance2.shape[1]), dtype=np.float32)
    for i in range(draws):
        transmissivity, rates = prior.draw()
        depths[i] = aquifer.drawdown(transmissivity, rates, days)
    return depths


def calibrate(points, levels, rates, days):
    """Transmissivity that fits the levels best, by a bounded search."""
    aquifer = Aquifer(points)

    def misfit(log_transmissivity):
        return float(np.square(aquifer.drawdown(np.exp(log_transmissivity), rates, days) - levels).sum())

    return np.exp(optimize.minimize_scalar(misfit, bounds=(3.0, 8.0), method="bounded").x)


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=81)
    parser.add_argument("--draws", type=int, default=vary(900))
    return parser.parse_args([])


def main():
    chosen = options()
    rng = np.random.default_rng(chosen.seed)
    rates = [900.0, 700.0, 1100.0, 500.0]
    gauges = rng.uniform(0.0, 800.0, (90, 2))
    levels = Aquifer(gauges).drawdown(260.0, rates, 30.0) + rng.normal(0.0, 0.05, len(gauges))
    fit, check = any_halves(len(gauges), 0.7)
    found = calibrate(gauges[fit], levels[fit], rates, 30.0)
    error = np.abs(Aquifer(gauges[check]).drawdown(found, rates, 30.0) - levels[check]).mean()

    axis = np.linspace(0.0, 800.0, 80)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    depths = ensemble(Aquifer(grid), Prior(found, 0.3, rates, chosen.seed + 1), chosen.draws, 30.0)
    low, middle, high = np.quantile(depths, [0.05, 0.5, 0.95], axis=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spread.npz"
        np.savez_compressed(path, low=low, high=high)
        kilobytes = path.stat().st_size // 1024
    print(
        f"T {found:.0f} m2/d, error {error:.3f} m, deepest {middle.max():.2f} m, "
        f"spread {(high - low).mean():.2f} m, {kilobytes} kB"
    )


if __name__ == "__main__":
    main()
