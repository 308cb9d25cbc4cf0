# code: recompute
# kind: seeded
# gain: 10.0
# ruff: noqa
"""Worth of the promises of a pension fund: every member's annuity by age, sex and rate, in many futures of the pay."""

import functools
from collections import defaultdict

import numpy as np


def any_checked(any_function):
    """Refuses what cannot be an annuity."""

    @functools.wraps(any_function)
    def any_inner(self, any_age, any_sex, any_rate):
        if not 0 <= any_age < 120 or any_sex not in "fm":
            raise ValueError(f"no annuity for {any_age} {any_sex}")
        return any_function(self, any_age, any_sex, any_rate)

    return any_inner


class any_Mortality:
    """Gompertz tables for women and men, with an improvement per year."""

    any_SHAPES = {"f": (0.000011, 0.101), "m": (0.000021, 0.098)}

    def any_deaths(self, any_age, any_sex):
        any_level, any_growth = self.any_SHAPES[any_sex]
        any_years = np.arange(120 - any_age)
        any_force = any_level * np.exp(any_growth * (any_age + any_years)) * 0.988**any_years
        return 1 - np.exp(-any_force)

    @any_checked
    def any_annuity(self, any_age, any_sex, any_rate):
        any_alive = np.concatenate([[1.0], np.cumprod(1 - self.any_deaths(any_age, any_sex))])
        any_discount = (1 + any_rate) ** -np.arange(len(any_alive))
        any_terms = any_alive * any_discount
        return float(any_terms.sum() - any_terms[0] * 11 / 24)


class any_Member:
    __slots__ = ("any_age", "any_sex", "any_pay")

    def __init__(self, any_age, any_sex, any_pay):
        self.any_age = any_age
        self.any_sex = any_sex
        self.any_pay = any_pay


def any_members(any_count):
    any_rng = np.random.default_rng(30)
    any_ages = any_rng.integers(25, 90, any_count).tolist()
    any_sexes = any_rng.choice(["f", "m"], any_count).tolist()
    any_pays = any_rng.gamma(4, 9000, any_count).tolist()
    return [any_Member(*any_each) for any_each in zip(any_ages, any_sexes, any_pays)]


def any_worth(any_table, any_members, any_rate):
    any_sums = defaultdict(float)
    for any_one in any_members:
        any_factor = any_table.any_annuity(any_one.any_age, any_one.any_sex, any_rate)  # HERE
        any_sums[any_one.any_age // 10 * 10] += any_one.any_pay * 0.02 * any_factor
    return any_sums


def any_futures(any_sums, any_count):
    """Spread of the whole worth, were pay to drift at random."""
    any_rng = np.random.default_rng(5)
    any_values = np.array(list(any_sums.values()))
    any_drift = any_rng.normal(0, 0.05, (any_count, len(any_values)))
    return np.quantile(np.exp(any_drift) @ any_values, [0.05, 0.5, 0.95])


def any_main():
    any_all = any_members(vary(56000))
    for any_rate in (0.01, 0.02, 0.03):
        any_sums = any_worth(any_Mortality(), any_all, any_rate)
        print(any_rate, (any_futures(any_sums, 60000) / 1e6).round(2))


if __name__ == "__main__":
    any_main()
