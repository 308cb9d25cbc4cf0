# code: disk-wait
# kind: decoy
# ruff: noqa
"""Heat of a tunnel kiln through a stack of bricks, with implicit steps, and a log that survives a power cut."""

import os
import tempfile
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse import linalg


def any_laplacian(nx, ny, spread, seed):
    """Five-point operator with log-normal conductivity: bricks of the same stack differ."""
    rng = np.random.default_rng(seed)
    along = spread * rng.lognormal(0, 0.4, (nx, ny))
    index = np.arange(nx * ny).reshape(nx, ny)
    pairs = [
        (index[:-1].ravel(), index[1:].ravel(), np.sqrt(along[:-1] * along[1:]).ravel()),
        (index[:, :-1].ravel(), index[:, 1:].ravel(), np.sqrt(along[:, :-1] * along[:, 1:]).ravel()),
    ]
    i = np.concatenate([p[0] for p in pairs])
    j = np.concatenate([p[1] for p in pairs])
    w = np.concatenate([p[2] for p in pairs])
    graph = sparse.coo_matrix((w, (i, j)), shape=(nx * ny, nx * ny)).tocsc()
    graph = graph + graph.T
    return graph - sparse.diags(np.asarray(graph.sum(1)).ravel()), index


class any_Journal:
    """A line per zone of the kiln, on the disk before the next begins."""

    def __init__(self, path):
        self.out = path.open("w")

    def any_note(self, **values):
        self.out.write(" ".join(f"{k}={v:.4g}" for k, v in values.items()) + "\n")
        self.out.flush()
        os.fsync(self.out.fileno())  # HERE

    def close(self):
        self.out.close()


def fire(nx, ny, zones, per_zone, journal):
    operator, index = any_laplacian(nx, ny, spread=0.8, seed=2)
    edge = np.unique(np.concatenate([index[0], index[-1], index[:, 0], index[:, -1]]))
    heat = np.full(nx * ny, 20.0)
    for zone in range(zones):
        target = 20 + 1030 * np.sin(np.pi * (zone + 1) / (zones + 1))
        exchange = 0.15 + 0.02 * zone
        film = np.zeros(nx * ny)
        film[edge] = exchange
        step = 0.5 + 0.1 * zone
        solve = linalg.splu((sparse.identity(nx * ny) - step * operator + step * sparse.diags(film)).tocsc()).solve
        for _ in range(per_zone):
            heat = solve(heat + step * film * target)
        journal.any_note(zone=zone, core=heat[index[nx // 2, ny // 2]], spread=np.ptp(heat))  # HERE
    return heat


def main():
    with tempfile.TemporaryDirectory() as folder:
        journal = any_Journal(Path(folder) / "kiln.log")
        heat = fire(vary(170), 150, zones=14, per_zone=40, journal=journal)
        journal.close()
    print(f"core {np.median(heat):.1f} C, from {heat.min():.1f} to {heat.max():.1f}")


main()
