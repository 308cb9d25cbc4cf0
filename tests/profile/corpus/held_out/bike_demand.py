# code: none
# kind: healthy
# ruff: noqa
# Hourly bike demand by station: a year of trips to features, then a ridge fit by normal equations per season.
import numpy as np
import pandas as pd

any_rng = np.random.default_rng(12)


def any_trips(any_count):
    any_minutes = any_rng.integers(0, 365 * 24 * 60, any_count)
    return pd.DataFrame(
        {
            "start": pd.Timestamp("2023-01-01") + pd.to_timedelta(any_minutes, unit="min"),
            "station": any_rng.integers(0, 120, any_count),
            "minutes": any_rng.gamma(2.0, 7.0, any_count),
        }
    )


def any_hourly(any_frame):
    any_frame = any_frame.assign(hour=any_frame["start"].dt.floor("h"))
    any_table = any_frame.groupby(["station", "hour"], sort=True).agg(
        trips=("minutes", "size"), mean=("minutes", "mean")
    )
    return any_table.reset_index()


def any_features(any_table):
    any_by_station = any_table.groupby("station")["trips"]
    any_clock = any_table["hour"].dt.hour.to_numpy() * (2 * np.pi / 24)
    any_table = any_table.assign(
        before=any_by_station.shift(1).fillna(0),
        usual=any_by_station.transform("mean"),
        smooth=any_by_station.rolling(24, min_periods=1).mean().to_numpy(),
        sine=np.sin(any_clock),
        cosine=np.cos(any_clock),
        season=any_table["hour"].dt.quarter,
    )
    return any_table


def any_fit(any_part):
    any_columns = ["before", "usual", "smooth", "sine", "cosine"]
    any_design = any_part[any_columns].to_numpy()
    any_target = any_part["trips"].to_numpy(dtype=float)
    return np.linalg.solve(any_design.T @ any_design + np.eye(5), any_design.T @ any_target)


any_table = any_features(any_hourly(any_trips(vary(8000000))))
for any_season, any_part in any_table.groupby("season"):
    print(any_season, any_fit(any_part).round(3))
