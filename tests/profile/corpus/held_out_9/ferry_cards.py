# code: none
# kind: healthy
# ruff: noqa
"""Reconstruct ferry journeys from card taps and estimate the demand between piers by hour and kind of day."""

import numpy as np
import pandas as pd

PIERS = [f"P{i:02d}" for i in range(18)]


def any_taps(cards, mean_trips, seed):
    """Each card has a home pier; trips leave by a gravity model, with two rush hours; one tap out in ten is missing."""
    rng = np.random.default_rng(seed)
    trips = rng.poisson(mean_trips, cards)
    card = np.repeat(np.arange(cards), trips)
    home = rng.integers(0, len(PIERS), cards)[card]
    away = (home + 1 + rng.geometric(0.25, len(card)) % (len(PIERS) - 1)) % len(PIERS)
    day = rng.integers(0, 90, len(card))
    hour = np.where(rng.random(len(card)) < 0.5, rng.normal(8, 1, len(card)), rng.normal(17.5, 1.5, len(card)))
    left = pd.Timestamp("2025-01-01") + pd.to_timedelta(day * 24 + np.clip(hour, 5, 22), unit="h")
    back = rng.random(len(card)) < 0.5
    frame = pd.DataFrame({"card": card, "time": left, "pier": np.where(back, away, home), "kind": "in"})
    gone = frame.assign(
        time=left + pd.to_timedelta(12 + 2.5 * np.abs(away - home) + rng.gamma(2, 2, len(card)), unit="m"),
        pier=np.where(back, home, away),
        kind="out",
    )[rng.random(len(card)) < 0.9]
    taps = pd.concat([frame, gone], ignore_index=True)
    taps["pier"] = pd.Categorical.from_codes(taps["pier"], PIERS)
    taps["kind"] = taps["kind"].astype("category")
    return taps


def any_journeys(taps):
    """A tap in, followed by a tap out of the same card within two hours."""
    taps = taps.sort_values(["card", "time"], ignore_index=True)
    after = taps.shift(-1)
    gap = after["time"] - taps["time"]
    good = (
        (taps["kind"] == "in") & (after["kind"] == "out") & (taps["card"] == after["card"]) & (gap < pd.Timedelta("2h"))
    )
    found = taps.loc[good, ["card", "time", "pier"]].rename(columns={"pier": "origin"})
    found["target"] = after.loc[good, "pier"].astype(taps["pier"].dtype)
    found["minutes"] = gap[good].dt.total_seconds() / 60
    return found


def demand(journeys):
    journeys = journeys.assign(
        hour=journeys["time"].dt.hour,
        weekend=journeys["time"].dt.day_of_week >= 5,
        date=journeys["time"].dt.floor("D"),
    )
    per_day = journeys.groupby(["origin", "target", "weekend", "hour", "date"], observed=True).agg(
        trips=("card", "size"), minutes=("minutes", "mean")
    )
    levels = ["origin", "target", "weekend", "hour"]
    return per_day.groupby(level=levels, observed=True).agg(
        trips=("trips", "mean"), spread=("trips", "std"), minutes=("minutes", "median")
    )


def loyal(journeys):
    """Share of the cards whose most used pair makes up most of their journeys."""
    pairs = journeys.groupby(["card", "origin", "target"], observed=True).size()
    top = pairs.groupby(level="card").max()
    return float((top / pairs.groupby(level="card").sum() > 0.5).mean())


taps = any_taps(vary(80000), 17, seed=14)
journeys = any_journeys(taps)
table = demand(journeys)
busiest = table["trips"].idxmax()
print(f"{len(taps)} taps, {len(journeys)} journeys, busiest {busiest}, loyal {loyal(journeys):.3f}")
