# code: recompute
# kind: seeded
# gain: 2.0
# ruff: noqa
"""Estimates ore grade in the blocks of a mine from drill cores by kriging, bench by bench, with its variance."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the planning computer serves two pits at once

import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist

any_CORES = vary(900)
BENCHES = 45
SIDE = 18


def drill(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Core places, and a grade that is a sum of rich veins with assay noise."""
    places = rng.uniform(0, 1, (count, 3)) * (400, 400, 150)
    veins = rng.uniform(0, 1, (25, 3)) * (400, 400, 150)
    richness = rng.gamma(2.0, 0.8, 25)
    grade = (np.exp(-cdist(places, veins) / 60) * richness).sum(1)
    return places, grade + rng.normal(0, 0.05, count)


class Variogram:
    """Two spherical structures and a nugget, longer in the plane than downwards."""

    def __init__(self, nugget: float, sills: tuple[float, float], ranges: tuple[float, float]) -> None:
        self.nugget = nugget
        self.sills = sills
        self.ranges = ranges
        self.stretch = np.array([1.0, 1.0, 2.5])

    @property
    def variance(self) -> float:
        return self.nugget + sum(self.sills)

    def covariance(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        distance = cdist(first * self.stretch, second * self.stretch)
        total = np.zeros_like(distance)
        for sill, reach in zip(self.sills, self.ranges):
            part = np.minimum(distance / reach, 1.0)
            total += sill * (1 - 1.5 * part + 0.5 * part**3)
        return total


class Kriging:
    def __init__(self, places: np.ndarray, grades: np.ndarray, variogram: Variogram) -> None:
        self.places = places
        self.grades = grades - grades.mean()
        self.mean = float(grades.mean())
        self.variogram = variogram

    @property
    def any_system(self) -> tuple[np.ndarray, bool]:
        """The factorised covariance of the cores with each other."""
        between = self.variogram.covariance(self.places, self.places)  # HERE
        between[np.diag_indices_from(between)] += self.variogram.nugget
        return linalg.cho_factor(between, lower=True)  # HERE

    def estimate(self, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        towards = self.variogram.covariance(blocks, self.places)
        weights = linalg.cho_solve(self.any_system, towards.T)  # HERE
        grade = self.mean + weights.T @ self.grades
        variance = self.variogram.variance - np.einsum("ij,ji->i", towards, weights)
        return grade, np.maximum(variance, 0.0)

    def doubtful(self, blocks: np.ndarray, grade: np.ndarray, variance: np.ndarray, cutoff: float) -> np.ndarray:
        """The blocks that lie within one standard error of the cut-off grade, and near enough to a core to matter."""
        unsure = np.abs(grade - cutoff) < np.sqrt(variance)
        near = cdist(blocks, self.places).min(1) < 60.0
        return blocks[unsure & near]


def bench(level: int) -> np.ndarray:
    along = np.linspace(10, 390, SIDE)
    across, up = np.meshgrid(along, along)
    depth = np.full(across.size, (level + 0.5) * 150 / BENCHES)
    return np.column_stack([across.ravel(), up.ravel(), depth])


def main() -> None:
    rng = np.random.default_rng(1848)
    places, grades = drill(any_CORES, rng)
    cutoff = float(np.quantile(grades, 0.7))
    any_model = Kriging(places, grades, Variogram(0.05, (0.4, 0.6), (90.0, 260.0)))
    rich = unsure = 0
    spread = []
    for any_level in range(BENCHES):
        blocks = bench(any_level)
        grade, variance = any_model.estimate(blocks)  # HERE
        rich += int((grade > cutoff).sum())
        unsure += len(any_model.doubtful(blocks, grade, variance, cutoff))
        spread.append(float(np.sqrt(variance).mean()))
    print(f"{rich} of {BENCHES * SIDE**2} blocks above {cutoff:.2f}, {unsure} doubtful, error {np.mean(spread):.3f}")


if __name__ == "__main__":
    main()
