# code: none
# kind: healthy
# ruff: noqa
"""Risk that a reservoir runs dry: many years of weather at once, with a rule for how much water is let out."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class any_Rule:
    """What is let out by the fill."""

    any_low: float
    any_high: float
    any_least: float
    any_most: float

    def any_release(self, any_fill):
        any_share = np.clip((any_fill - self.any_low) / (self.any_high - self.any_low), 0, 1)
        return self.any_least + any_share * (self.any_most - self.any_least)


class any_Weather:
    """Daily inflow with a season and a memory from day to day."""

    def __init__(self, any_paths, any_seed):
        self.any_rng = np.random.default_rng(any_seed)
        self.any_mood = np.zeros(any_paths)

    def any_inflow(self, any_day):
        self.any_mood *= 0.92
        self.any_mood += self.any_rng.normal(0, 0.25, len(self.any_mood))
        any_season = 1 + 0.6 * np.cos(2 * np.pi * (any_day - 110) / 365)
        return 0.9 * any_season * np.exp(self.any_mood - 0.2)


def any_simulated(any_rule, any_paths, any_days):
    any_weather = any_Weather(any_paths, 35)
    any_fill = np.full(any_paths, 60.0)
    any_dry = np.zeros(any_paths, dtype=bool)
    any_given = np.zeros(any_paths)
    for any_day in range(any_days):
        any_out = np.minimum(any_rule.any_release(any_fill), any_fill)
        any_fill = np.minimum(any_fill - any_out + any_weather.any_inflow(any_day), 100.0)
        any_given += any_out
        any_dry |= any_fill < 5
    return any_dry.mean(), any_given.mean() / any_days, np.quantile(any_fill, [0.05, 0.5])


def any_main():
    any_rules = {
        "careful": any_Rule(30, 90, 0.3, 1.8),
        "even": any_Rule(10, 60, 0.6, 1.2),
        "greedy": any_Rule(5, 40, 0.9, 1.6),
    }
    for any_name, any_rule in any_rules.items():
        any_risk, any_mean, any_ends = any_simulated(any_rule, vary(48000), 730)
        print(f"{any_name:<8} dry {any_risk:.4f} given {any_mean:.3f} fill {any_ends.round(1)}")


if __name__ == "__main__":
    any_main()
