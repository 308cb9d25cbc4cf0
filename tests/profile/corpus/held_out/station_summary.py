# code: pandas-rows
# kind: decoy
# gain: 1.01
# ruff: noqa
"""Weather stations: fill gaps, daily extremes, correlation of stations, and a line a day for the two most typical."""

import numpy as np
import pandas as pd


def any_readings(any_hours, any_stations):
    any_rng = np.random.default_rng(3)
    any_values = any_rng.normal(size=(any_hours, any_stations)).cumsum(axis=0) * 0.05
    any_values[any_rng.random(any_values.shape) < 0.02] = np.nan
    any_index = pd.date_range("2020-01-01", periods=any_hours, freq="h")
    return pd.DataFrame(any_values, index=any_index, columns=[f"s{n:03d}" for n in range(any_stations)])


def any_daily(any_frame):
    any_filled = any_frame.interpolate(limit_direction="both")
    any_days = any_filled.resample("D")
    return any_days.max() - any_days.min(), any_filled.diff().corr()


def any_describe(any_ranges, any_together):
    any_first, any_second = any_together.mean().nlargest(2).index
    any_lines = []
    for any_day, any_row in any_ranges.iterrows():  # HERE
        any_lines.append("%s %.2f %.2f" % (any_day, any_row[any_first], any_row[any_second]))
    return any_lines


def any_main():
    any_lines = any_describe(*any_daily(any_readings(vary(26000), 240)))
    print(len(any_lines), any_lines[-1])


if __name__ == "__main__":
    any_main()
