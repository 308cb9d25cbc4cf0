# code: none
# kind: healthy
# ruff: noqa
"""Gestures from a glove: the likeliest chain of hidden states for each recording, by the algorithm of Viterbi."""

import numpy as np


class any_Chain:
    """A hidden chain with Gaussian readings."""

    def __init__(self, any_states, any_channels):
        any_rng = np.random.default_rng(24)
        any_moves = any_rng.gamma(0.3, 1, (any_states, any_states)) + 4 * np.eye(any_states) + 1e-4
        self.any_into = np.log(any_moves / any_moves.sum(1, keepdims=True)).T.astype(np.float32).copy()
        self.any_centres = any_rng.normal(0, 1, (any_states, any_channels)).astype(np.float32)
        self.any_start = np.full(any_states, -np.log(any_states), dtype=np.float32)

    def any_fit_of(self, any_readings):
        any_across = any_readings @ self.any_centres.T
        any_own = (self.any_centres**2).sum(1)
        return any_across - 0.5 * any_own

    def any_path(self, any_readings):
        any_fits = self.any_fit_of(any_readings)
        any_from = np.empty(any_fits.shape, dtype=np.int16)
        any_sums = np.empty_like(self.any_into)
        any_rows = np.arange(len(any_sums))
        any_score = self.any_start + any_fits[0]
        for any_at in range(1, len(any_fits)):
            np.add(self.any_into, any_score, out=any_sums)
            any_best = any_sums.argmax(axis=1)
            any_from[any_at] = any_best
            any_score = any_sums[any_rows, any_best] + any_fits[any_at]
        return self.any_back(any_from, int(any_score.argmax())), float(any_score.max())

    @staticmethod
    def any_back(any_from, any_last):
        any_states = np.empty(len(any_from), dtype=np.int16)
        any_states[-1] = any_last
        for any_at in range(len(any_from) - 1, 0, -1):
            any_states[any_at - 1] = any_from[any_at, any_states[any_at]]
        return any_states


def any_recordings(any_chain, any_count, any_length):
    any_rng = np.random.default_rng(25)
    any_states, any_channels = any_chain.any_centres.shape
    for _ in range(any_count):
        any_held = np.repeat(any_rng.integers(0, any_states, any_length // 20 + 1), 20)[:any_length]
        any_noise = any_rng.normal(0, 0.8, (any_length, any_channels)).astype(np.float32)
        yield any_held, any_chain.any_centres[any_held] + any_noise


def any_main():
    any_chain = any_Chain(600, 12)
    for any_held, any_readings in any_recordings(any_chain, 4, vary(4000)):
        any_states, any_score = any_chain.any_path(any_readings)
        print(round(float((any_states == any_held).mean()), 3), round(any_score, 1))


if __name__ == "__main__":
    any_main()
