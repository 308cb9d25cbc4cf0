# code: python-loop
# kind: seeded
# gain: 5.3
# ruff: noqa
"""Tides at a harbour: how the level of the water goes with itself hours later, and with the wind."""

import math
from statistics import fmean

import numpy as np


class any_Series:
    """Levels with their mean and spread."""

    def __init__(self, any_name, any_levels):
        self.any_name = any_name
        self.any_levels = any_levels
        self.any_mean = fmean(any_levels)
        self.any_spread = math.sqrt(fmean((any_level - self.any_mean) ** 2 for any_level in any_levels))

    def any_with(self, any_other, any_lag):
        any_pairs = zip(self.any_levels, any_other.any_levels[any_lag:])
        any_sum = sum((any_a - self.any_mean) * (any_b - any_other.any_mean) for any_a, any_b in any_pairs)  # HERE
        return any_sum / (len(self.any_levels) - any_lag) / (self.any_spread * any_other.any_spread)


def any_harbour(any_hours):
    any_rng = np.random.default_rng(12)
    any_clock = np.arange(any_hours)
    any_wind = np.convolve(any_rng.normal(0, 1, any_hours), np.ones(9) / 3, mode="same")
    any_moon = 1.2 * np.sin(2 * np.pi * any_clock / 12.42) + 0.4 * np.sin(2 * np.pi * any_clock / 12.0)
    any_level = any_moon + 0.3 * np.roll(any_wind, 3) + any_rng.normal(0, 0.1, any_hours)
    return any_Series("level", any_level.tolist()), any_Series("wind", any_wind.tolist())


def any_curve(any_one, any_other, any_lags):
    return {any_lag: any_one.any_with(any_other, any_lag) for any_lag in any_lags}


def any_peak(any_curve):
    return max(any_curve.items(), key=lambda any_point: any_point[1])


def any_printed(any_title, any_curve):
    any_lag, any_value = any_peak(any_curve)
    any_drawn = "".join(" .:-=+*#%@"[min(9, int((any_each + 1) * 5))] for any_each in any_curve.values())
    print(f"{any_title}: best at {any_lag} h ({any_value:.3f})")
    print(any_drawn)


def any_main():
    any_level, any_wind = any_harbour(vary(150000))
    any_printed("level with itself", any_curve(any_level, any_level, range(6, 66)))
    any_printed("wind with level", any_curve(any_wind, any_level, range(0, 48)))
    any_printed("wind with itself", any_curve(any_wind, any_wind, range(1, 24)))


if __name__ == "__main__":
    any_main()
