# code: recompute
# kind: seeded
# gain: 2.33
# ruff: noqa
"""Fits the covariance of rainfall at gauges by maximum likelihood and maps it with an error."""

import numpy as np
from scipy import linalg, optimize
from threadpoolctl import threadpool_limits

EARTH = 6371.0


def great_circle(a, b):
    """Distances in km between two lists of (latitude, longitude) in radians."""
    dlat = a[:, None, 0] - b[None, :, 0]
    dlon = a[:, None, 1] - b[None, :, 1]
    h = np.sin(dlat / 2) ** 2 + np.cos(a[:, None, 0]) * np.cos(b[None, :, 0]) * np.sin(dlon / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(h))


def gauges(count, seed):
    """Rain: a sum of random waves, 120 km long or more, and 15 % of independent noise."""
    rng = np.random.default_rng(seed)
    place = np.radians(rng.uniform((45.0, 5.0), (49.0, 12.0), (count, 2)))
    rain = np.zeros(count)
    for _ in range(40):
        wave = rng.normal(0, 60, 2)
        rain += np.cos(place @ wave + rng.uniform(0, 2 * np.pi))
    rain = (rain - rain.mean()) / rain.std()
    return place, rain + rng.normal(0, 0.4, count)


class Kriging:
    def __init__(self, place, rain):
        self.place = place
        self.rain = rain
        self.parameters = np.log([1.0, 100.0, 0.1])
        self.tried = []

    def covariance(self, parameters):
        sill, reach, nugget = np.exp(parameters)
        any_apart = great_circle(self.place, self.place)  # HERE
        matrix = sill * np.exp(-any_apart / reach)
        matrix[np.diag_indices_from(matrix)] += nugget
        return matrix

    def any_cost(self, parameters):
        lower = linalg.cholesky(self.covariance(parameters), lower=True, overwrite_a=True, check_finite=False)
        white = linalg.solve_triangular(lower, self.rain, lower=True, check_finite=False)
        value = np.log(np.diag(lower)).sum() + 0.5 * white @ white
        self.tried.append(value)
        return value

    def fit(self, steps):
        found = optimize.minimize(
            self.any_cost,
            self.parameters,
            method="Nelder-Mead",
            options={"maxiter": steps, "xatol": 1e-9, "fatol": 1e-9},
        )
        self.parameters = found.x
        return found.fun

    def map(self, targets):
        sill, reach, _ = np.exp(self.parameters)
        across = sill * np.exp(-great_circle(targets, self.place) / reach)
        factor = linalg.cho_factor(self.covariance(self.parameters), lower=True)
        mean = across @ linalg.cho_solve(factor, self.rain)
        spread = sill - np.einsum("ij,ji->i", across, linalg.cho_solve(factor, across.T))
        return mean, np.sqrt(spread.clip(0))


def main():
    place, rain = gauges(vary(620), seed=31)
    model = Kriging(place, rain)
    cost = model.fit(35)
    grid = np.radians(np.stack(np.meshgrid(np.linspace(45, 49, 60), np.linspace(5, 12, 60)), -1).reshape(-1, 2))
    mean, spread = model.map(grid)
    sill, reach, nugget = np.exp(model.parameters)
    print(f"cost {cost:.1f}: sill {sill:.2f}, reach {reach:.0f} km, nugget {nugget:.2f}; error {spread.mean():.2f}")


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        main()
