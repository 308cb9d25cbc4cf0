# code: none
# kind: healthy
# ruff: noqa
"""Rents of flats: columns worked out from a table of offers, boosted trees on top, what they miss by district."""

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error


def any_offers(any_count):
    any_rng = np.random.default_rng(26)
    any_area = any_rng.gamma(6, 12, any_count)
    any_district = any_rng.integers(0, 40, any_count)
    any_built = any_rng.integers(1890, 2024, any_count)
    any_rent = any_area * (9 + 0.2 * any_district) + (any_built > 1995) * 150 + any_rng.normal(0, 60, any_count)
    return pd.DataFrame(
        {
            "area": any_area,
            "district": any_district,
            "built": any_built,
            "floor": any_rng.integers(0, 12, any_count),
            "lift": any_rng.random(any_count) < 0.5,
            "day": any_rng.integers(0, 700, any_count),
            "rent": any_rent,
        }
    )


class any_Features:
    """Learns what is usual in a district, and adds it to every offer there."""

    def any_fit(self, any_frame):
        any_by_area = any_frame.assign(metre=any_frame["rent"] / any_frame["area"])
        self.any_usual = any_by_area.groupby("district")["metre"].median()
        return self

    def any_of(self, any_frame):
        any_age = 2024 - any_frame["built"]
        return pd.DataFrame(
            {
                "area": any_frame["area"],
                "rooms": (any_frame["area"] // 22).clip(1, 7),
                "age": any_age,
                "old": any_age > 60,
                "high": any_frame["floor"] * ~any_frame["lift"],
                "usual": any_frame["district"].map(self.any_usual),
                "week": any_frame["day"] // 7,
            }
        ).astype(np.float64)


def any_missed(any_frame, any_said):
    any_errors = (any_frame["rent"] - any_said).abs()
    return any_errors.groupby(any_frame["district"]).median().nlargest(3)


def any_main():
    any_frame = any_offers(vary(160000))
    any_old, any_new = any_frame[any_frame["day"] < 600], any_frame[any_frame["day"] >= 600]
    any_features = any_Features().any_fit(any_old)
    any_trees = HistGradientBoostingRegressor(max_iter=150, learning_rate=0.08, random_state=0, early_stopping=False)
    any_trees.fit(any_features.any_of(any_old), any_old["rent"])
    any_said = any_trees.predict(any_features.any_of(any_new))
    print(round(mean_absolute_error(any_new["rent"], any_said), 2))
    print(any_missed(any_new, any_said).round(1).to_dict())


if __name__ == "__main__":
    any_main()
