# code: none
# kind: healthy
import numba
import numpy as np


@numba.njit
def any_walk(any_steps, any_values):
    any_best = 0.0
    for i in range(any_steps):
        any_sum = 0.0
        for j in range(len(any_values)):
            any_sum = 0.5 * any_sum + any_values[j] * (i % 7)
        any_best = max(any_best, any_sum)
    return any_best


print(any_walk(vary(2000), np.random.default_rng(1).random(400000)))
