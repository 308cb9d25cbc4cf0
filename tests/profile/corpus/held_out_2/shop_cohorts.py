# code: pandas-rows
# kind: decoy
# gain: 1.0
# ruff: noqa
"""Cohorts of a web shop: how many shoppers of a month still buy later, with the shares written out line by line."""

import numpy as np
import pandas as pd


def any_orders(any_count):
    any_rng = np.random.default_rng(33)
    any_who = (any_rng.random(any_count) ** 1.6 * any_count / 5).astype(int)
    any_when = any_rng.integers(0, 24 * 30, any_count)
    return pd.DataFrame({"shopper": any_who, "day": any_when, "amount": any_rng.gamma(2, 30, any_count)})


class any_Cohorts:
    def __init__(self, any_frame):
        any_month = any_frame["day"] // 30
        any_first = any_month.groupby(any_frame["shopper"]).transform("min")
        self.any_frame = any_frame.assign(first=any_first, age=any_month - any_first)

    def any_kept(self):
        any_counts = self.any_frame.groupby(["first", "age"])["shopper"].nunique().unstack(fill_value=0)
        return any_counts.div(any_counts[0].clip(lower=1), axis=0)

    def any_spent(self):
        any_sums = self.any_frame.groupby(["first", "age"])["amount"].sum().unstack(fill_value=0.0)
        return any_sums.cumsum(axis=1)


def any_lines(any_table):
    any_lines = []
    for any_month, any_row in any_table.iterrows():  # HERE
        any_shares = " ".join(f"{any_share:4.0%}" for any_share in any_row[:6])
        any_lines.append(f"{any_month:>3} {any_shares}")
    return any_lines


def any_main():
    any_cohorts = any_Cohorts(any_orders(vary(2600000)))
    print("\n".join(any_lines(any_cohorts.any_kept())))
    any_best = any_cohorts.any_spent().max(axis=1).nlargest(3)
    print(any_best.round(0).to_dict())


if __name__ == "__main__":
    any_main()
