# code: none
# kind: healthy
# ruff: noqa
"""Joins the ticket scans of a tram network with its timetable and weather and tabulates where it is full."""

import numpy as np
import pandas as pd


def scans(count, seed):
    """Scans by line, stop and second of the year; more at the rush hours, and on some lines."""
    rng = np.random.default_rng(seed)
    hour = np.where(rng.random(count) < 0.5, rng.normal(8, 1, count), rng.normal(16.5, 2.2, count)).clip(4, 23.9)
    day = rng.integers(0, 365, count)
    return pd.DataFrame(
        {
            "line": (20 * rng.beta(1, 2, count)).astype(np.int16),
            "stop": rng.integers(0, 35, count, dtype=np.int16),
            "at": pd.Timestamp("2025-01-01") + pd.to_timedelta(day * 86400 + (hour * 3600).astype(int), unit="s"),
            "card": rng.integers(0, 150000, count),
            "fare": rng.choice([0.0, 1.9, 2.8, 4.2], count),
        }
    )


def departures(seed):
    rng = np.random.default_rng(seed)
    line, stop, hour = (a.ravel() for a in np.meshgrid(np.arange(20), np.arange(35), np.arange(4, 24), indexing="ij"))
    table = pd.DataFrame({"line": line, "stop": stop, "hour": hour}).astype("int16")
    table["seats"] = rng.integers(200, 900, len(table))
    return table


def weather(seed):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2025-01-01", periods=365)
    warm = 10 - 9 * np.cos(2 * np.pi * np.arange(365) / 365) + rng.normal(0, 3, 365)
    return pd.DataFrame({"date": dates, "warm": warm, "rain": rng.gamma(0.4, 5, 365)})


def occupancy(any_rides, table):
    per_hour = any_rides.groupby(["date", "line", "stop", "hour"], as_index=False).agg(rides=("card", "size"))
    joined = per_hour.merge(table, on=["line", "stop", "hour"], how="left")
    joined["load"] = joined["rides"] / joined["seats"]
    return joined


def habits(any_rides):
    """For each card: days of use, its usual line, and the longest pause."""
    ordered = any_rides.sort_values(["card", "at"])
    pause = ordered.groupby("card")["at"].diff().dt.total_seconds()
    usual = (
        ordered.groupby(["card", "line"])
        .size()
        .reset_index(name="n")
        .sort_values("n")
        .drop_duplicates("card", keep="last")
    )
    longest = pause.groupby(ordered["card"]).max().rename("longest")
    return usual.set_index("card").join(longest)


def weather_effect(joined, sky):
    daily = joined.groupby("date", as_index=False)["rides"].sum().merge(sky, on="date")
    daily["band"] = pd.cut(daily["rain"], [-1, 0.1, 2, 8, 100], labels=["dry", "damp", "wet", "storm"])
    return daily.groupby("band", observed=True).agg(rides=("rides", "mean"), warm=("warm", "mean"))


def main():
    any_rides = scans(vary(1900000), seed=3)
    any_rides["date"] = any_rides["at"].dt.normalize()
    any_rides["hour"] = any_rides["at"].dt.hour.astype("int16")
    joined = occupancy(any_rides, departures(4))
    cards = habits(any_rides)
    effect = weather_effect(joined, weather(5))
    worst = joined.groupby(["line", "hour"])["load"].quantile(0.99).idxmax()
    print(effect.round(1).to_dict("index"))
    print(f"fullest {worst}, {len(cards)} cards, median pause {cards['longest'].median() / 86400:.1f} days")


if __name__ == "__main__":
    main()
