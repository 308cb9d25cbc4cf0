# code: pandas-rows
# kind: seeded
# gain: 5.6
# ruff: noqa
"""Turn the raw events of turnstiles into visits, then into an occupancy curve per building."""

import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
IDLE = pd.Timedelta(minutes=45)


def raw_events(seed: int, people: int, events: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    moments = pd.Timestamp("2026-03-02") + pd.to_timedelta(np.sort(rng.integers(0, 5 * 86400, events)), unit="s")
    return pd.DataFrame(
        {
            "badge": rng.integers(0, people, events),
            "at": moments,
            "gate": rng.choice(["north", "south", "garage", "lobby"], events),
            "building": rng.choice(["A", "B", "C"], events, p=[0.5, 0.3, 0.2]),
        }
    )


def clean(events: pd.DataFrame) -> pd.DataFrame:
    ordered = events.sort_values(["badge", "at"], kind="stable").reset_index(drop=True)
    bounce = ordered.groupby("badge")["at"].diff() < pd.Timedelta(seconds=20)
    return ordered.loc[~bounce].reset_index(drop=True)


def any_number_visits(events: pd.DataFrame) -> pd.Series:
    """A visit ends where the badge changes or stays unseen for three quarters of an hour."""
    visit = 0
    numbers = [0]
    position = 1
    while position < len(events):
        before = events.iloc[position - 1]  # HERE
        current = events.iloc[position]  # HERE
        if before["badge"] != current["badge"] or current["at"] - before["at"] > IDLE:
            visit += 1
        numbers.append(visit)
        position += 1
    return pd.Series(numbers, index=events.index, name="visit")


def visits(events: pd.DataFrame) -> pd.DataFrame:
    grouped = events.groupby("visit")
    return pd.DataFrame(
        {
            "badge": grouped["badge"].first(),
            "building": grouped["building"].first(),
            "start": grouped["at"].min(),
            "end": grouped["at"].max() + pd.Timedelta(minutes=5),
            "passes": grouped.size(),
        }
    ).reset_index(drop=True)


def occupancy(table: pd.DataFrame, step: str = "10min") -> pd.DataFrame:
    """Arrivals minus departures, summed over time."""
    moves = pd.concat(
        [
            table[["building", "start"]].rename(columns={"start": "at"}).assign(change=1),
            table[["building", "end"]].rename(columns={"end": "at"}).assign(change=-1),
        ]
    )
    wide = moves.pivot_table(index="at", columns="building", values="change", aggfunc="sum", fill_value=0)
    return wide.sort_index().cumsum().resample(step).max().ffill()


def busiest(curve: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"peak": curve.max(), "when": curve.idxmax(), "median": curve.median()})


def main() -> None:
    events = clean(raw_events(seed=3, people=2500, events=vary(42000)))
    events["visit"] = any_number_visits(events)
    table = visits(events)
    table["length"] = (table["end"] - table["start"]).dt.total_seconds() / 60
    curve = occupancy(table)
    by_weekday = table.groupby([table["start"].dt.day_name(), "building"])["length"].describe(percentiles=[0.5, 0.9])
    print(busiest(curve).to_string())
    print(by_weekday[["count", "50%", "90%"]].round(1).head(6).to_string())


if __name__ == "__main__":
    main()
