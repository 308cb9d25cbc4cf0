# code: none
# kind: healthy
# ruff: noqa
"""Which tram lines pass their delays on? A year of arrivals, joined with weather and rosters."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd


def any_arrivals(count, lines, stops):
    rng = np.random.default_rng(31)
    start = pd.Timestamp("2025-01-01")
    seconds = np.sort(rng.integers(0, 365 * 86_400, count))
    frame = pd.DataFrame(
        {
            "planned": start + pd.to_timedelta(seconds, unit="s"),
            "line": rng.integers(0, lines, count).astype("int16"),
            "stop": rng.integers(0, stops, count).astype("int16"),
            "driver": rng.integers(0, 400, count).astype("int16"),
        }
    )
    rush = frame["planned"].dt.hour.isin([7, 8, 16, 17])
    frame["delay"] = rng.gamma(1.2, 40, count) + rush * rng.gamma(2, 30, count) + frame["line"] % 5 * 6
    return frame


def any_weather():
    rng = np.random.default_rng(32)
    stamps = pd.date_range("2024-12-31", "2026-01-01", freq="h")
    return pd.DataFrame(
        {"planned": stamps.as_unit("us"), "rain": rng.gamma(0.3, 2, len(stamps)), "cold": rng.normal(9, 8, len(stamps))}
    )


def any_enrich(arrivals, weather):
    arrivals = arrivals.assign(planned=arrivals["planned"].dt.as_unit("us"))
    joined = pd.merge_asof(arrivals, weather, on="planned")
    joined["wet"] = pd.cut(joined["rain"], [-1, 0.1, 1, 5, 1e9], labels=False).astype("int8")
    joined["hour"] = joined["planned"].dt.hour.astype("int8")
    joined["free"] = joined["planned"].dt.day_of_week >= 5
    return joined


def any_carry_over(joined):
    """Correlation of a tram's delay with the delay of the one before at the same stop, by line."""
    ordered = joined.sort_values(["line", "stop", "planned"], kind="stable")
    before = ordered["delay"].shift()
    same = (ordered["line"] == ordered["line"].shift()) & (ordered["stop"] == ordered["stop"].shift())
    pairs = pd.DataFrame({"line": ordered["line"], "now": ordered["delay"], "before": before})[same]
    centred = pairs[["now", "before"]] - pairs.groupby("line")[["now", "before"]].transform("mean")
    product = (centred["now"] * centred["before"]).groupby(pairs["line"]).sum()
    size = centred.pow(2).groupby(pairs["line"]).sum()
    return product / np.sqrt(size["now"] * size["before"])


def any_punctuality(joined):
    late = joined["delay"] > 180
    by_hour = late.groupby([joined["line"], joined["hour"]]).mean().unstack()
    by_rain = late.groupby([joined["line"], joined["wet"]]).mean().unstack()
    return by_hour, by_rain


def any_drivers(joined):
    typical = joined.groupby(["line", "hour", "free"])["delay"].transform("mean")
    excess = (joined["delay"] - typical).groupby(joined["driver"]).agg(["mean", "std", "size"])
    excess["z"] = excess["mean"] / (excess["std"] / np.sqrt(excess["size"]))
    return excess.sort_values("z")


def any_quantiles(joined):
    return joined.groupby("stop")["delay"].quantile([0.5, 0.9, 0.99]).unstack()


def main():
    folder = Path(tempfile.mkdtemp())
    try:
        joined = any_enrich(any_arrivals(vary(1800000), lines=28, stops=260), any_weather())
        carried = any_carry_over(joined)
        by_hour, by_rain = any_punctuality(joined)
        drivers = any_drivers(joined)
        any_quantiles(joined).round(1).to_csv(folder / "stops.csv")
        by_hour.round(4).to_csv(folder / "hours.csv")
        print(f"line {carried.idxmax()} passes most on ({carried.max():.3f})")
        print(f"late in heavy rain {by_rain.iloc[:, -1].mean():.1%}, worst hour {by_hour.mean().idxmax()}")
        print("drivers to thank:", drivers.index[:3].tolist())
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
