# code: recompute
# kind: seeded
# gain: 4.5
# ruff: noqa
"""Soil acidity between the bore holes: a Gaussian process over the samples draws a map, tile by tile."""

import numpy as np


class any_Kernel:
    def __init__(self, any_reach, any_noise):
        self.any_reach = any_reach
        self.any_noise = any_noise

    def any_between(self, any_one, any_other):
        any_away = (any_one**2).sum(1)[:, None] + (any_other**2).sum(1) - 2 * any_one @ any_other.T
        return np.exp(-any_away / (2 * self.any_reach**2))


class any_Process:
    """Keeps the samples; says mean and spread at other places."""

    def __init__(self, any_kernel, any_places, any_values):
        self.any_kernel = any_kernel
        self.any_places = any_places
        self.any_values = any_values - any_values.mean()
        self.any_level = any_values.mean()

    @property
    def any_covariance(self):
        any_plain = self.any_kernel.any_between(self.any_places, self.any_places)  # HERE
        return any_plain + self.any_kernel.any_noise * np.eye(len(any_plain))  # HERE

    @property
    def any_precision(self):
        return np.linalg.inv(self.any_covariance)  # HERE

    def any_at(self, any_places):
        any_across = self.any_kernel.any_between(any_places, self.any_places)
        any_weights = any_across @ self.any_precision  # HERE
        any_mean = any_weights @ self.any_values + self.any_level
        any_spread = 1 - np.einsum("ij,ij->i", any_weights, any_across)
        return any_mean, np.sqrt(np.maximum(any_spread, 0))


def any_survey(any_count):
    any_rng = np.random.default_rng(15)
    any_places = any_rng.uniform(0, 10, (any_count, 2))
    any_acid = 6 + np.sin(any_places[:, 0]) * np.cos(any_places[:, 1] * 0.7) + any_rng.normal(0, 0.1, any_count)
    return any_places, any_acid


def any_tiles(any_side, any_points):
    any_step = 10 / any_side
    any_line = (np.arange(any_points) + 0.5) / any_points * any_step
    any_inner = np.stack(np.meshgrid(any_line, any_line), axis=2).reshape(-1, 2)
    for any_row in range(any_side):
        for any_column in range(any_side):
            yield any_inner + np.array([any_column, any_row]) * any_step


def any_main():
    any_process = any_Process(any_Kernel(1.1, 0.02), *any_survey(vary(340)))
    any_means, any_spreads = [], []
    for any_places in any_tiles(15, 12):
        any_mean, any_spread = any_process.any_at(any_places)  # HERE
        any_means.append(any_mean.mean())
        any_spreads.append(any_spread.max())
    any_map = np.array(any_means).reshape(15, 15)
    print(any_map[::5, ::5].round(3))
    print("least certain tile", int(np.argmax(any_spreads)), round(max(any_spreads), 4))


if __name__ == "__main__":
    any_main()
