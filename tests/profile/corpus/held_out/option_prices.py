# code: none
# kind: healthy
# ruff: noqa
"""Price an Asian option by simulation, in slabs that fit the cache, with the geometric mean as control variate."""

import numpy as np

any_MONTHS = 48
any_SLAB = 4000


def any_paths(any_rng, any_count):
    any_moves = any_rng.standard_normal((any_count, any_MONTHS))
    any_moves *= 0.2 / np.sqrt(12)
    any_moves += (0.03 - 0.02) / 12
    np.cumsum(any_moves, axis=1, out=any_moves)
    return any_moves


def any_slab_price(any_rng, any_strike):
    any_logs = any_paths(any_rng, any_SLAB)
    any_control = np.maximum(100 * np.exp(any_logs.mean(axis=1)) - any_strike, 0)
    any_plain = np.maximum(100 * np.exp(any_logs, out=any_logs).mean(axis=1) - any_strike, 0)
    any_cross = np.cov(any_plain, any_control)
    return any_plain.mean(), any_cross[0, 1] / any_cross[1, 1], any_control.mean()


def any_main():
    any_rng = np.random.default_rng(20)
    any_table = np.array([any_slab_price(any_rng, 101.0) for _ in range(vary(560))])
    any_price, any_beta, any_control = any_table.mean(axis=0)
    any_spread = any_table[:, 0].std() / np.sqrt(len(any_table))
    print("price", round(float(any_price), 4), "+-", round(float(any_spread), 4), "beta", round(float(any_beta), 3))


if __name__ == "__main__":
    any_main()
