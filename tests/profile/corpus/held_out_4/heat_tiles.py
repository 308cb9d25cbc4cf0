# code: disk-wait
# kind: seeded
# gain: 5.8
# ruff: noqa
"""Accumulate GPS fixes of a bicycle fleet into a heat map on disk, then find the hot spots."""

import contextlib
import os
import shutil
import tempfile

import numpy as np


@contextlib.contextmanager
def workspace():
    folder = tempfile.mkdtemp(prefix="heat-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class any_HeatMap:
    """Counts per cell in a memory-mapped file, so that other programs can look at them."""

    def __init__(self, path, side):
        self.side = side
        self.cells = np.memmap(path, dtype=np.uint32, mode="w+", shape=(side, side))
        self.batches = 0

    def any_add(self, fixes):
        column = np.clip((fixes[:, 0] * self.side).astype(np.int64), 0, self.side - 1)
        row = np.clip((fixes[:, 1] * self.side).astype(np.int64), 0, self.side - 1)
        flat = np.bincount(row * self.side + column, minlength=self.side**2)
        self.cells += flat.reshape(self.side, self.side).astype(np.uint32)
        self.cells.flush()  # HERE
        self.batches += 1


def ride(rng, fixes):
    """A random walk from one of the stations, with the noise of a cheap receiver."""
    station = rng.choice(np.array([[0.2, 0.3], [0.55, 0.5], [0.8, 0.75], [0.4, 0.85]]))
    heading = np.cumsum(rng.normal(0, 0.12, fixes)) + rng.uniform(0, 2 * np.pi)
    pace = rng.gamma(2.0, 0.0001, fixes)
    way = np.column_stack([np.cos(heading), np.sin(heading)]) * pace[:, None]
    return station + np.cumsum(way, axis=0) + rng.normal(0, 0.0005, (fixes, 2))


def smooth(counts, passes=6):
    """Binomial blur; borders repeat."""
    image = counts.astype(np.float64)
    for _ in range(passes):
        padded = np.pad(image, 1, mode="edge")
        image = 0.5 * image + 0.125 * (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:])
    return image


def hot_spots(image, wanted, radius):
    """Greatest cells that are at least `radius` cells apart."""
    order = np.argsort(image, axis=None)[::-1]
    chosen = []
    for flat in order[:200_000:20]:
        place = np.array(divmod(int(flat), image.shape[1]))
        if all(np.abs(place - other).max() > radius for other in chosen):
            chosen.append(place)
        if len(chosen) == wanted:
            break
    return np.array(chosen)


def coverage(path, side, threshold):
    counts = np.fromfile(path, dtype=np.uint32).reshape(side, side)
    visited = counts >= threshold
    runs = np.diff(np.pad(visited, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    return visited.mean(), int((runs == 1).sum())


def main():
    rng = np.random.default_rng(12)
    side = 1024
    with workspace() as folder:
        path = os.path.join(folder, "heat.u32")
        heat = any_HeatMap(path, side)
        distance = 0.0
        for _ in range(vary(330)):
            fixes = ride(rng, 1500)
            distance += float(np.linalg.norm(np.diff(fixes, axis=0), axis=1).sum())
            heat.any_add(fixes)
        spots = hot_spots(smooth(heat.cells), wanted=12, radius=30)
        share, streets = coverage(path, side, threshold=2)
        del heat
    print(f"{distance * 9:.0f} km ridden, {share:.1%} of the town seen, {streets} street pieces")
    print("hot spots:", spots[:4].tolist())


if __name__ == "__main__":
    main()
