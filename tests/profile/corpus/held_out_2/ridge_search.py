# code: none
# kind: healthy
# ruff: noqa
"""Prices of flats: random features of a kernel, and a search over its width and the ridge by one factoring per fold."""

import os
from dataclasses import dataclass

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the other cores are for other searches

import numpy as np


@dataclass
class any_Flats:
    any_inputs: np.ndarray
    any_prices: np.ndarray

    @classmethod
    def any_drawn(cls, any_count):
        any_rng = np.random.default_rng(37)
        any_inputs = any_rng.normal(0, 1, (any_count, 9))
        any_signal = np.sin(any_inputs[:, 0] * 2) + any_inputs[:, 1] * any_inputs[:, 2] + 0.3 * any_inputs[:, 3]
        return cls(any_inputs, any_signal + any_rng.normal(0, 0.2, any_count))

    def any_folds(self, any_count):
        any_place = np.arange(len(self.any_prices)) % any_count
        for any_fold in range(any_count):
            yield any_place != any_fold, any_place == any_fold


class any_Features:
    """Cosines of random directions."""

    def __init__(self, any_inputs, any_width, any_scale):
        any_rng = np.random.default_rng(3)
        self.any_directions = any_rng.normal(0, any_scale, (any_inputs, any_width))
        self.any_phases = any_rng.uniform(0, 2 * np.pi, any_width)

    def __call__(self, any_inputs):
        return np.cos(any_inputs @ self.any_directions + self.any_phases)


def any_errors(any_features, any_prices, any_train, any_test, any_ridges):
    """The error of every ridge, from one eigendecomposition."""
    any_design = any_features[any_train]
    any_values, any_vectors = np.linalg.eigh(any_design.T @ any_design)
    any_turned = any_vectors.T @ (any_design.T @ any_prices[any_train])
    any_weights = any_vectors @ (any_turned[:, None] / (any_values[:, None] + any_ridges))
    any_away = any_features[any_test] @ any_weights - any_prices[any_test][:, None]
    return np.square(any_away).mean(axis=0)


def any_search(any_flats, any_scales, any_ridges):
    any_table = {}
    for any_scale in any_scales:
        any_features = any_Features(9, 420, any_scale)(any_flats.any_inputs)
        any_each = [
            any_errors(any_features, any_flats.any_prices, any_train, any_test, any_ridges)
            for any_train, any_test in any_flats.any_folds(4)
        ]
        any_table[any_scale] = np.mean(any_each, axis=0)
    return any_table


if __name__ == "__main__":
    any_ridges = np.logspace(-3, 3, 13)
    any_table = any_search(any_Flats.any_drawn(vary(14000)), [0.2, 0.35, 0.5, 0.7, 0.9], any_ridges)
    for any_scale, any_line in any_table.items():
        print(any_scale, any_line.min().round(4), "at", any_ridges[any_line.argmin()].round(3))
