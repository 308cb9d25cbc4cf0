# code: pandas-rows
# kind: seeded
# gain: 4.3
# ruff: noqa
"""What a day of parcels costs to send: a table of parcels, zones by distance, a tariff with surcharges."""

import numpy as np
import pandas as pd

any_ZONES = (80, 250, 600, 1500)
any_BASE = {"letter": 1.2, "box": 4.5, "pallet": 38.0}


class any_Parcels:
    """The parcels of a day, one by one or as a table."""

    def __init__(self, any_frame):
        self.any_frame = any_frame

    def __len__(self):
        return len(self.any_frame)

    def __getitem__(self, any_at):
        if any_at >= len(self):
            raise IndexError(any_at)
        return self.any_frame.iloc[any_at]  # HERE

    def any_with(self, **any_columns):
        return any_Parcels(self.any_frame.assign(**any_columns))


class any_Tariff:
    def __init__(self, any_fuel, any_free_weight):
        self.any_fuel = any_fuel
        self.any_free_weight = any_free_weight

    def any_zone(self, any_parcel):
        return sum(any_parcel["kilometres"] > any_limit for any_limit in any_ZONES)  # HERE

    def any_price(self, any_parcel):
        any_heavy = max(0.0, any_parcel["weight"] - self.any_free_weight)  # HERE
        any_price = any_BASE[any_parcel["kind"]] * (1 + 0.35 * self.any_zone(any_parcel)) + 0.8 * any_heavy  # HERE
        if any_parcel["express"]:  # HERE
            any_price *= 1.6
        return any_price * (1 + self.any_fuel)


def any_day(any_count):
    any_rng = np.random.default_rng(14)
    return any_Parcels(
        pd.DataFrame(
            {
                "kind": any_rng.choice(list(any_BASE), any_count, p=[0.3, 0.65, 0.05]),
                "weight": any_rng.gamma(2, 3, any_count),
                "kilometres": any_rng.gamma(1.5, 300, any_count),
                "express": any_rng.random(any_count) < 0.12,
                "customer": any_rng.integers(0, 700, any_count),
            }
        )
    )


def any_priced(any_parcels, any_tariff):
    return any_parcels.any_with(price=[any_tariff.any_price(any_parcel) for any_parcel in any_parcels])  # HERE


def any_dearest(any_parcels, any_count):
    any_sums = any_parcels.any_frame.groupby("customer")["price"].agg(["sum", "mean", "size"])
    return any_sums.nlargest(any_count, "sum")


def any_main():
    any_parcels = any_day(vary(52000))
    any_priced_parcels = any_priced(any_parcels, any_Tariff(0.14, 5.0))
    print(any_dearest(any_priced_parcels, 5).round(2))
    print(any_priced_parcels.any_frame.groupby("kind")["price"].median().round(2).to_dict())


if __name__ == "__main__":
    any_main()
