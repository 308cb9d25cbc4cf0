# code: python-loop
# kind: seeded
# gain: 2.6
# ruff: noqa
"""Estimate how copper in soil is correlated over distance, and krige it onto a grid."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import itertools
import math

import numpy as np
from scipy.optimize import curve_fit
from scipy.spatial.distance import cdist

rng = np.random.default_rng(90)


def exponential(h, nugget, sill, reach):
    return nugget + sill * (1 - np.exp(-h / reach))


def field(count):
    """Samples of a random field made of many waves, with a nugget."""
    place = rng.uniform(0, 1000, (count, 2))
    wave = rng.standard_cauchy((600, 2)) / 160.0
    phase = rng.uniform(0, 2 * np.pi, 600)
    value = 20 + 2 * np.sqrt(2 / 600) * np.cos(place @ wave.T + phase).sum(axis=1)
    return place, value + rng.normal(0, 0.9, count)


def any_cloud(samples, lag, bins):
    """Half the mean squared difference of the pairs in each class of distance."""
    total = [0.0] * bins
    pairs = [0] * bins
    for (xa, ya, any_va), (xb, yb, any_vb) in itertools.combinations(samples, 2):  # HERE
        slot = int(math.hypot(xa - xb, ya - yb) / lag)  # HERE
        if slot < bins:
            total[slot] += (any_va - any_vb) ** 2  # HERE
            pairs[slot] += 1
    return [t / (2 * n) if n else math.nan for t, n in zip(total, pairs)], pairs


def krige(place, value, target, model):
    """Ordinary kriging of all targets with all samples."""
    n = len(place)
    left = np.ones((n + 1, n + 1))
    left[:n, :n] = exponential(cdist(place, place), *model)
    left[n, n] = 0
    right = np.ones((n + 1, len(target)))
    right[:n] = exponential(cdist(place, target), *model)
    weight = np.linalg.solve(left, right)
    return weight[:n].T @ value, np.einsum("ij,ij->j", weight, right)


place, value = field(vary(4000))
lag = 20.0
gamma, pairs = any_cloud(np.column_stack([place, value]).tolist(), lag, 25)  # HERE
middle = (np.arange(25) + 0.5) * lag
model, _ = curve_fit(
    exponential, middle, gamma, p0=(0.5, 3.0, 100.0), sigma=1 / np.sqrt(pairs), bounds=(1e-3, [10, 30, 900])
)
kept = slice(0, 1500)
axis = np.linspace(0, 1000, 40)
grid = np.column_stack([a.ravel() for a in np.meshgrid(axis, axis)])
estimate, variance = krige(place[kept], value[kept], grid, model)
print(
    f"nugget {model[0]:.2f}, sill {model[1]:.2f}, reach {model[2]:.0f} m from {sum(pairs)} pairs; "
    f"grid mean {estimate.mean():.2f} mg/kg, median deviation {np.sqrt(np.median(variance)):.2f}"
)
