# code: import-time
# kind: seeded
# gain: 2.6
# ruff: noqa
"""Date an ice core: thinning by a flow model, tie points of known age, and a Monte Carlo of what accumulation allows."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from transformers import set_seed  # HERE

DEPTH = 2800.0
LAYERS = vary(1700)
DRAWS = 2000


def thinning(depth, kink, sliding):
    """Dansgaard-Johnsen: linear above the kink, quadratic below."""
    height = DEPTH - depth
    above = (2 * height - kink + sliding * kink) / (2 * DEPTH - kink + sliding * kink)
    below = (height**2 / kink * (1 - sliding) + 2 * sliding * height) / (2 * DEPTH - kink + sliding * kink)
    return np.maximum(np.where(height > kink, above, below), 1e-3)


def tie_points(depth, age, count, rng):
    pick = np.sort(rng.choice(np.arange(60, LAYERS - 60), count, replace=False))
    return depth[pick], age[pick] * rng.normal(1, 0.01, count), 0.01 * age[pick]


set_seed(2718)  # HERE
rng = np.random.default_rng(np.random.randint(2**31))

edges = np.linspace(0, DEPTH - 40, LAYERS + 1)
middle, thick = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
true_rate = 0.22 * np.exp(0.25 * np.sin(middle / 170) + 0.1 * rng.standard_normal(LAYERS))
true_age = np.cumsum(thick / (true_rate * thinning(middle, 1100.0, 0.15)))
tie_depth, tie_age, tie_error = tie_points(middle, true_age, 24, rng)

# prior draws of the accumulation and of the flow, all rows at once
bumps = gaussian_filter1d(rng.standard_normal((DRAWS, LAYERS)), 18, axis=1) * np.sqrt(18 * 3.54)
rate = 0.22 * np.exp(0.25 * bumps)
kink = rng.uniform(700, 1500, (DRAWS, 1))
sliding = rng.uniform(0, 0.4, (DRAWS, 1))
age = np.cumsum(thick / (rate * thinning(middle[None, :], kink, sliding)), axis=1)

# a Kalman-like update in log age with the covariance of the draws
log_age = np.log(age)
mean = log_age.mean(axis=0)
away = log_age - mean
covariance = away.T @ away / (DRAWS - 1)
nearest = np.abs(middle[:, None] - tie_depth[None, :]).argmin(axis=0)
gain = np.linalg.solve(
    covariance[np.ix_(nearest, nearest)] + np.diag((tie_error / tie_age) ** 2), covariance[nearest]
).T
posterior = mean + gain @ (np.log(tie_age) - mean[nearest])
width = np.sqrt(np.maximum(np.diag(covariance - gain @ covariance[nearest]), 0))
modes = np.linalg.eigvalsh(covariance)[::-1]

scale = PchipInterpolator(np.exp(posterior), middle)
miss = np.abs(np.exp(posterior) - true_age) / true_age
print(
    f"oldest ice {np.exp(posterior[-1]) / 1000:.1f} ka, mean error {100 * miss.mean():.2f} %, "
    f"stated {100 * width.mean():.2f} %, depth of 20 ka {float(scale(20000)):.0f} m, "
    f"{int((np.cumsum(modes) < 0.99 * modes.sum()).sum()) + 1} modes"
)
