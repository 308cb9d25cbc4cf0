# code: pandas-rows
# kind: seeded
# gain: 3.79
# ruff: noqa
"""Bills for smart meters: clean the readings, price them by tariff, sum them by house."""

import numpy as np
import pandas as pd

TARIFF = {"night": 0.19, "day": 0.31, "peak": 0.44}


def any_readings(houses, hours):
    rng = np.random.default_rng(8)
    stamps = pd.date_range("2025-03-01", periods=hours, freq="h")
    frame = pd.DataFrame(
        {
            "house": np.repeat(np.arange(houses), hours),
            "stamp": np.tile(stamps, houses),
            "kwh": rng.gamma(1.5, 0.4, houses * hours),
            "solar": rng.gamma(1.1, 0.2, houses * hours) * (rng.random(houses * hours) > 0.5),
        }
    )
    frame.loc[rng.random(len(frame)) < 0.01, "kwh"] = np.nan
    return frame


class any_Billing:
    def __init__(self, readings):
        self.readings = readings

    def clean(self):
        by_house = self.readings.groupby("house")["kwh"]
        self.readings["kwh"] = self.readings["kwh"].fillna(by_house.transform("median"))
        self.readings["rolling"] = by_house.transform(lambda kwh: kwh.rolling(24, min_periods=1).mean())
        return self

    def _entries(self):
        """Readings in the order in which the meters sent them."""
        for position in range(len(self.readings)):
            yield self.readings.iloc[position]  # HERE

    def _band(self, stamp):
        if stamp.hour < 6:
            return "night"
        return "peak" if 17 <= stamp.hour < 21 else "day"

    def price(self):
        costs = []
        for entry in self._entries():  # HERE
            net = entry["kwh"] - entry["solar"]
            if net > 0:
                costs.append(net * TARIFF[self._band(entry["stamp"])])
            else:
                costs.append(net * 0.08)
        self.readings["cost"] = costs
        return self

    def invoice(self):
        table = self.readings.groupby("house").agg(kwh=("kwh", "sum"), cost=("cost", "sum"), peak=("rolling", "max"))
        table["fee"] = np.where(table["kwh"] > table["kwh"].median(), 9.5, 7.0)
        table["due"] = (table["cost"] + table["fee"]).round(2)
        return table


def any_outliers(table):
    score = (table["due"] - table["due"].mean()) / table["due"].std()
    return table.index[score.abs() > 2.5].tolist()


def any_correlations(readings):
    wide = readings.pivot(index="stamp", columns="house", values="kwh")
    matrix = wide.corr().to_numpy(copy=True)
    np.fill_diagonal(matrix, 0)
    return np.unravel_index(matrix.argmax(), matrix.shape)


if __name__ == "__main__":
    data = any_readings(houses=40, hours=vary(1300))
    table = any_Billing(data).clean().price().invoice()
    print(table.sort_values("due", ascending=False).head(5).to_string())
    print("to check by hand:", any_outliers(table), "alike:", any_correlations(data))
