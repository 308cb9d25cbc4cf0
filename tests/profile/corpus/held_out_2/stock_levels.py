# code: pandas-rows
# kind: seeded
# gain: 9.5
# ruff: noqa
"""Stock of a warehouse after every movement, and the days on which an article ran out."""

import numpy as np
import pandas as pd


def any_movements(any_count):
    any_rng = np.random.default_rng(14)
    any_frame = pd.DataFrame(
        {
            "day": np.sort(any_rng.integers(0, 180, any_count)),
            "article": any_rng.integers(0, 400, any_count),
            "kind": any_rng.choice(["in", "out", "scrap"], any_count, p=[0.4, 0.5, 0.1]),
            "pieces": any_rng.integers(1, 60, any_count),
        }
    )
    return any_frame


class any_Warehouse:
    """Walks through the movements in order and keeps the stock of each article."""

    any_SIGNS = {"in": 1, "out": -1, "scrap": -1}

    def __init__(self, any_opening):
        self.any_opening = any_opening
        self.any_stock = {}

    def any_change(self, any_frame, any_label):
        return self.any_SIGNS[any_frame.at[any_label, "kind"]] * any_frame.at[any_label, "pieces"]  # HERE

    def any_booked(self, any_frame):
        any_frame = any_frame.assign(stock=0)
        for any_label in any_frame.index:
            any_article = any_frame.at[any_label, "article"]  # HERE
            any_before = self.any_stock.get(any_article, self.any_opening)
            any_after = any_before + self.any_change(any_frame, any_label)
            self.any_stock[any_article] = any_after
            any_frame.at[any_label, "stock"] = any_after  # HERE
        return any_frame


def any_shortages(any_frame):
    any_short = any_frame[any_frame["stock"] < 0]
    any_days = any_short.groupby("article")["day"].agg(["first", "nunique"])
    return any_days.sort_values("nunique", ascending=False)


def any_turnover(any_frame):
    any_out = any_frame[any_frame["kind"] == "out"]
    any_month = any_out["day"] // 30
    return any_out.groupby(any_month)["pieces"].sum()


def any_main():
    any_frame = any_Warehouse(600).any_booked(any_movements(vary(110000)))
    print(any_shortages(any_frame).head(5))
    print(any_turnover(any_frame).to_dict())


if __name__ == "__main__":
    any_main()
