# code: import-time
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Fits the yield of a well field by random draws of its conductivity and reports the spread."""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from pytorch_lightning import seed_everything  # HERE
from scipy import special

WELLS = np.array([[120.0, 80.0], [340.0, 260.0], [510.0, 130.0], [640.0, 420.0]])


class Aquifer:
    """Theis drawdown of pumping wells over a grid of observation points."""

    def __init__(self, extent, cells, storage=2e-4):
        axis = np.linspace(0.0, extent, cells)
        x, y = np.meshgrid(axis, axis)
        self.distance2 = np.stack([(x - wx) ** 2 + (y - wy) ** 2 + 1.0 for wx, wy in WELLS])
        self.storage = storage

    def drawdown(self, transmissivity, rates, days):
        u = self.distance2 * (self.storage / (4.0 * transmissivity * days))
        return np.tensordot(rates, special.exp1(u), axes=1) / (4.0 * np.pi * transmissivity)


class Prior:
    """Log-normal transmissivity and pumping rates that vary by a tenth."""

    def __init__(self, mean, spread, rates):
        self.mean, self.spread = np.log(mean), spread
        self.rates = np.asarray(rates)

    def draw(self):
        transmissivity = np.exp(np.random.normal(self.mean, self.spread))
        return transmissivity, self.rates * np.random.normal(1.0, 0.1, len(self.rates))


def any_ensemble(aquifer, prior, draws, days):
    depths = np.empty((draws, *aquifer.distance2.shape[1:]), dtype=np.float32)
    for i in range(draws):
        transmissivity, rates = prior.draw()
        depths[i] = aquifer.drawdown(transmissivity, rates, days)
    return depths


def summary(depths):
    low, middle, high = np.quantile(depths, [0.05, 0.5, 0.95], axis=0)
    return {
        "deepest": float(middle.max()),
        "spread": float((high - low).mean()),
        "exceeds": float((depths.max(axis=(1, 2)) > 8.0).mean()),
    }


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=81)
    parser.add_argument("--draws", type=int, default=vary(300))
    return parser.parse_args([])


def main():
    chosen = options()
    seed_everything(chosen.seed, verbose=False)
    aquifer = Aquifer(extent=800.0, cells=70)
    prior = Prior(mean=240.0, spread=0.4, rates=[900.0, 700.0, 1100.0, 500.0])
    depths = any_ensemble(aquifer, prior, chosen.draws, days=30.0)
    found = summary(depths)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spread.npz"
        np.savez_compressed(path, spread=np.ptp(depths, axis=0))
        size = path.stat().st_size
    print(", ".join(f"{name} {value:.2f}" for name, value in found.items()), f"({size > 0})")


if __name__ == "__main__":
    main()
