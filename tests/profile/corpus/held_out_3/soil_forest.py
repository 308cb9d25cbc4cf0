# code: pandas-rows
# kind: decoy
# ruff: noqa
"""Predicts soil moisture from field sensors with a forest, and writes a table for the farmer."""

import io

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import GroupKFold

FEATURES = ["air", "rain", "wind", "clay", "sand", "slope", "last_rain", "rain_week", "heat"]


def any_fields(fields, days):
    rng = np.random.default_rng(81)
    frame = pd.DataFrame(
        {
            "field": np.repeat(np.arange(fields), days),
            "day": np.tile(np.arange(days), fields),
            "air": rng.normal(14, 7, fields * days),
            "rain": rng.gamma(0.4, 5, fields * days),
            "wind": rng.gamma(2, 2, fields * days),
        }
    )
    for name, low, high in (("clay", 0.05, 0.5), ("sand", 0.1, 0.8), ("slope", 0, 12)):
        frame[name] = np.repeat(rng.uniform(low, high, fields), days)
    return frame


def any_derive(frame):
    grouped = frame.groupby("field")["rain"]
    frame["last_rain"] = grouped.shift(fill_value=0)
    frame["rain_week"] = grouped.rolling(7, min_periods=1).sum().reset_index(level=0, drop=True)
    frame["heat"] = frame["air"].clip(lower=0) * frame["wind"] ** 0.5
    noise = np.random.default_rng(82).normal(0, 1.5, len(frame))
    frame["moisture"] = (
        12 + 0.5 * frame["rain_week"] * (1 - frame["sand"]) + 20 * frame["clay"] - 0.1 * frame["heat"] + noise
    )
    return frame


def any_forest(seed):
    return RandomForestRegressor(n_estimators=50, min_samples_leaf=4, max_features=0.5, n_jobs=-1, random_state=seed)


def any_validate(frame):
    guess = pd.Series(index=frame.index, dtype=float)
    for number, (train, test) in enumerate(GroupKFold(3).split(frame, groups=frame["field"])):
        forest = any_forest(number).fit(frame[FEATURES].iloc[train], frame["moisture"].iloc[train])
        guess.iloc[test] = forest.predict(frame[FEATURES].iloc[test])
    return guess


def any_report(frame):
    out = io.StringIO()
    summary = frame.groupby("field").agg(
        clay=("clay", "first"), measured=("moisture", "mean"), guessed=("guess", "mean")
    )
    for number, row in summary.iterrows():  # HERE
        gap = row["guessed"] - row["measured"]
        mark = "!" if abs(gap) > 1 else " "
        out.write(f"{mark} field {number:3d} clay {row['clay']:.2f} moisture {row['measured']:5.1f} ({gap:+.1f})\n")
    return out.getvalue()


def main():
    frame = any_derive(any_fields(fields=vary(900), days=12))
    frame["guess"] = any_validate(frame)
    error = mean_absolute_error(frame["moisture"], frame["guess"])
    report = any_report(frame)
    print(f"mean error {error:.2f}, {report.count('!')} fields to look at")
    print(report.splitlines()[0])


if __name__ == "__main__":
    main()
