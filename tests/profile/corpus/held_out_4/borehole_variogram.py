# code: python-loop
# kind: seeded
# gain: 3.3
# ruff: noqa
# Ore grades from boreholes: empirical variogram, spherical model fit, ordinary kriging on a grid.
import math
import numpy as np

rng = np.random.default_rng(2024)
count = vary(2700)
easting = rng.uniform(0, 1000, count)
northing = rng.uniform(0, 600, count)
grade = np.sin(easting / 140) + np.cos(northing / 90) + rng.normal(0, 0.25, count)

lag_width = 20.0
lags = 18


def any_variogram(x, y, z):
    """Half the mean squared difference of every pair of samples, by distance class."""
    pair_sum = np.zeros(lags)
    pair_count = np.zeros(lags, dtype=int)
    x, y, z = x.tolist(), y.tolist(), z.tolist()
    first = 0
    while first < len(x):
        second = first + 1
        while second < len(x):  # HERE
            reach = math.hypot(x[first] - x[second], y[first] - y[second])  # HERE
            lag = int(reach / lag_width)  # HERE
            if lag < lags:
                pair_sum[lag] += 0.5 * (z[first] - z[second]) ** 2
                pair_count[lag] += 1
            second += 1
        first += 1
    return pair_sum / np.maximum(pair_count, 1), pair_count


def spherical(h, nugget, sill, reach):
    scaled = np.clip(h / reach, 0, 1)
    return nugget + sill * (1.5 * scaled - 0.5 * scaled**3)


def fit(gamma, weights):
    """Coarse to fine grid search: three parameters are too few for anything grander."""
    centres = (np.arange(lags) + 0.5) * lag_width
    best, best_error = None, np.inf
    for nugget in np.linspace(0, gamma.max() / 2, 12):
        for sill in np.linspace(gamma.max() / 4, gamma.max() * 1.5, 14):
            reaches = np.linspace(40, 400, 30)[:, None]
            errors = ((spherical(centres[None, :], nugget, sill, reaches) - gamma) ** 2 * weights).sum(axis=1)
            at = int(errors.argmin())
            if errors[at] < best_error:
                best, best_error = (nugget, sill, float(reaches[at, 0])), errors[at]
    return best


def krige(model, grid_x, grid_y, neighbours=24):
    """Estimate and variance per grid node from its nearest boreholes."""
    samples = np.column_stack([easting, northing])
    nodes = np.column_stack([grid_x.ravel(), grid_y.ravel()])
    estimate = np.empty(len(nodes))
    variance = np.empty(len(nodes))
    for start in range(0, len(nodes), 256):
        block = nodes[start : start + 256]
        distance = np.linalg.norm(block[:, None, :] - samples[None, :, :], axis=2)
        near = np.argpartition(distance, neighbours, axis=1)[:, :neighbours]
        chosen = samples[near]
        between = np.linalg.norm(chosen[:, :, None, :] - chosen[:, None, :, :], axis=3)
        left = np.ones((len(block), neighbours + 1, neighbours + 1))
        left[:, :-1, :-1] = spherical(between, *model)
        left[:, np.arange(neighbours), np.arange(neighbours)] = 0
        left[:, -1, -1] = 0
        right = np.ones((len(block), neighbours + 1, 1))
        right[:, :-1, 0] = spherical(np.take_along_axis(distance, near, axis=1), *model)
        weight = np.linalg.solve(left, right)
        estimate[start : start + 256] = (weight[:, :-1, 0] * grade[near]).sum(axis=1)
        variance[start : start + 256] = (weight * right).sum(axis=(1, 2))
    return estimate, variance


gamma, pairs = any_variogram(easting, northing, grade)
model = fit(gamma, np.sqrt(pairs))
grid_x, grid_y = np.meshgrid(np.linspace(0, 1000, 60), np.linspace(0, 600, 40))
estimate, variance = krige(model, grid_x, grid_y)
ore = estimate > 0.8
print("nugget %.3f  sill %.3f  range %.0f" % model)
print(f"{ore.mean():.1%} of the field is ore, mean kriging variance {variance.mean():.3f}")
