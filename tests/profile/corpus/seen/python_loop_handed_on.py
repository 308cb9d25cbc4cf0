# code: python-loop
# kind: seeded
import numpy as np


class any_Smoother:
    def __init__(self, any_weight):
        self.any_weight = any_weight
        self.any_state = 0.0

    def any_next(self, any_value):
        self.any_state = self.any_weight * any_value + (1 - self.any_weight) * self.any_state  # HERE
        return self.any_state


def any_smoothed(any_values, any_smoother):
    return np.fromiter((any_smoother.any_next(any_value) for any_value in any_values), float)  # HERE


any_signal = np.random.default_rng(0).normal(size=vary(1_500_000))
print([any_smoothed(any_signal, any_Smoother(any_weight)).mean() for any_weight in (0.1, 0.2, 0.3, 0.5)])
