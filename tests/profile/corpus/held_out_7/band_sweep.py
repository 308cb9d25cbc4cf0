# code: serialization
# kind: seeded
# gain: 2.7
# ruff: noqa
"""Band structure of a two-dimensional photonic crystal along a path, by plane waves, saved as the sweep goes on."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import json
import tempfile
from pathlib import Path

import numpy as np
from scipy.linalg import eigvalsh
from scipy.special import j1

RADIUS = 0.24
INSIDE = 11.4
ORDERS = 6


def lattice():
    n = np.arange(-ORDERS, ORDERS + 1)
    gx, gy = np.meshgrid(n, n)
    return 2 * np.pi * np.column_stack([gx.ravel(), gy.ravel()])


def inverse_permittivity(waves):
    """Fourier coefficients of 1/eps for round rods in air."""
    size = np.linalg.norm(waves[:, None, :] - waves[None, :, :], axis=-1) * RADIUS
    fill = np.pi * RADIUS**2
    with np.errstate(invalid="ignore", divide="ignore"):
        shape = np.where(size > 0, 2 * fill * j1(size) / size, fill)
    return (size == 0) + (1 / INSIDE - 1) * shape


def path(points):
    corners = np.array([[0, 0], [np.pi, 0], [np.pi, np.pi], [0, 0]])
    share = np.linspace(0, 3, points, endpoint=False)
    leg = share.astype(int)
    return corners[leg] + (share - leg)[:, None] * (corners[leg + 1] - corners[leg])


class Sweep:
    def __init__(self, folder, points):
        self.waves = lattice()
        self.kernel = inverse_permittivity(self.waves)
        self.points = path(points)
        self.file = Path(folder) / "bands.json"
        self.any_record = {"crystal": {"radius": RADIUS, "inside": INSIDE, "orders": ORDERS}, "bands": []}

    def solve(self, k):
        size = np.linalg.norm(self.waves + k, axis=1)
        matrix = self.kernel * np.outer(size, size)
        return np.sqrt(np.abs(eigvalsh(matrix, subset_by_index=(0, 39)))) / (2 * np.pi)

    def any_keep(self, k, bands):
        self.any_record["bands"].append({"k": k.tolist(), "frequency": bands.tolist()})  # HERE
        with self.file.open("w") as out:
            json.dump(self.any_record, out, indent=1)  # HERE

    def run(self):
        for k in self.points:
            self.any_keep(k, self.solve(k))  # HERE
        return np.array([entry["frequency"] for entry in self.any_record["bands"]])


def gaps(bands):
    """Gaps over the whole path, as (band, width over middle)."""
    top, bottom = bands[:, :-1].max(axis=0), bands[:, 1:].min(axis=0)
    ratio = 2 * (bottom - top) / (bottom + top)
    return [(int(i) + 1, round(float(ratio[i]), 3)) for i in np.flatnonzero(ratio > 0.01)]


def main():
    with tempfile.TemporaryDirectory() as folder:
        sweep = Sweep(folder, vary(270))
        bands = sweep.run()
        size = sweep.file.stat().st_size
    print(f"{len(bands)} points, {size // 1000} kB, gaps {gaps(bands)}")


if __name__ == "__main__":
    main()
