# code: none
# kind: healthy
# ruff: noqa
"""Summarises a year of bicycle rentals by station, hour, weather and district from generated records."""

import numpy as np
import pandas as pd

any_RENTALS = vary(1600000)
STATIONS = 400


def make_stations(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "station": np.arange(STATIONS),
            "district": rng.integers(0, 18, STATIONS),
            "docks": rng.integers(12, 40, STATIONS),
            "height": rng.gamma(3.0, 20.0, STATIONS).round(1),
        }
    )


def make_weather(rng: np.random.Generator) -> pd.DataFrame:
    hours = pd.date_range("2025-01-01", "2025-12-31 23:00", freq="h")
    season = 12 - 10 * np.cos(2 * np.pi * np.arange(len(hours)) / 8760)
    daily = -4 * np.cos(2 * np.pi * hours.hour / 24)
    rain = np.where(rng.random(len(hours)) < 0.12, rng.exponential(1.5, len(hours)), 0.0)
    return pd.DataFrame({"hour": hours, "warmth": season + daily + rng.normal(0, 2, len(hours)), "rain": rain})


def make_rentals(count: int, rng: np.random.Generator) -> pd.DataFrame:
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 365 * 86400, count), unit="s")
    origin = rng.zipf(1.3, count) % STATIONS
    return pd.DataFrame(
        {
            "start": start,
            "minutes": rng.lognormal(2.6, 0.6, count),
            "origin": origin,
            "target": (origin + rng.poisson(25, count)) % STATIONS,
            "member": rng.integers(0, 60000, count),
        }
    ).sort_values("start", ignore_index=True)


def enrich(rentals: pd.DataFrame, stations: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    trips = rentals.merge(stations, left_on="origin", right_on="station", how="left")
    trips = trips.merge(stations, left_on="target", right_on="station", how="left", suffixes=("_from", "_to"))
    trips["climb"] = trips["height_to"] - trips["height_from"]
    return pd.merge_asof(trips, weather, left_on="start", right_on="hour")


def balance(trips: pd.DataFrame) -> pd.Series:
    out = trips.groupby(["origin", pd.Grouper(key="start", freq="D")]).size()
    back = trips.groupby(["target", pd.Grouper(key="start", freq="D")]).size()
    out.index.names = back.index.names = ["station", "day"]
    return back.sub(out, fill_value=0).groupby("station").std()


def loyalty(trips: pd.DataFrame) -> pd.DataFrame:
    gaps = trips.sort_values(["member", "start"])
    gaps["gap"] = gaps.groupby("member")["start"].diff().dt.total_seconds() / 86400
    per_member = gaps.groupby("member").agg(trips=("start", "size"), gap=("gap", "median"), climb=("climb", "mean"))
    per_member["class"] = pd.cut(per_member["trips"], [0, 8, 14, 20, 1000], labels=["rare", "some", "often", "daily"])
    return per_member.groupby("class", observed=True).mean()


def main() -> None:
    rng = np.random.default_rng(77)
    any_trips = enrich(make_rentals(any_RENTALS, rng), make_stations(rng), make_weather(rng))
    hourly = any_trips.set_index("start").resample("h")["minutes"].agg(["size", "mean", "median"])
    smooth = hourly["size"].rolling(24 * 7, min_periods=24).mean()
    matrix = any_trips.pivot_table(index="district_from", columns="district_to", values="minutes", aggfunc="median")
    wet = any_trips.groupby(any_trips["rain"] > 0)["minutes"].mean()
    classes = loyalty(any_trips)
    swings = balance(any_trips)
    print(
        f"peak week {smooth.idxmax():%d %B}, district pairs {matrix.notna().to_numpy().sum()}, wet {wet.get(True, 0):.2f} min"
    )
    print(f"largest swing at station {swings.idxmax()}, rare riders wait {classes['gap'].iloc[0]:.1f} days")


if __name__ == "__main__":
    main()
