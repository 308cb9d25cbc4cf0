# code: none
# kind: healthy
# ruff: noqa
"""Turns the clock punches of a hospital group into wages, by tables of whole columns."""

import tempfile
from pathlib import Path

import numpy as np
import orjson
import pandas as pd

GRADES = pd.DataFrame(
    {"grade": ["A", "B", "C", "D"], "hourly": [18.4, 22.1, 27.9, 41.0], "night": [0.2, 0.25, 0.25, 0.15]}
)


def punches(staff, days, seed):
    """A shift of early, late or night kind on about 60% of the days, with some minutes of jitter."""
    rng = np.random.default_rng(seed)
    person, day = np.nonzero(rng.random((staff, days)) < 0.6)
    start = np.array([6, 14, 22])[rng.choice(3, len(person), p=[0.45, 0.35, 0.2])] * 60
    come = day * 1440 + start + rng.normal(0, 6, len(person)).round().astype(int)
    go = come + 480 + rng.gamma(1.5, 9.0, len(person)).round().astype(int)
    epoch = pd.Timestamp("2026-01-01")
    frame = pd.DataFrame(
        {
            "person": np.tile(person, 2),
            "minute": np.concatenate([come, go]),
            "kind": np.repeat(["in", "out"], len(person)),
        }
    )
    frame["kind"] = frame["kind"].astype("category")
    frame["at"] = epoch + pd.to_timedelta(frame["minute"], unit="min")
    wards = np.array([f"W{i:02d}" for i in range(40)])
    frame["ward"] = pd.Categorical.from_codes(rng.integers(0, 40, len(frame)), wards)
    return frame[["person", "ward", "kind", "at"]].sample(frac=1.0, random_state=seed)


def shifts(frame):
    """Each way in with the way out that follows."""
    frame = frame.sort_values(["person", "at"], kind="stable")
    following = frame.shift(-1)
    pairs = (frame["kind"] == "in") & (following["kind"] == "out") & (frame["person"] == following["person"])
    table = pd.DataFrame(
        {"person": frame["person"], "ward": frame["ward"], "start": frame["at"], "end": following["at"]}
    )[pairs]
    table["hours"] = (table["end"] - table["start"]).dt.total_seconds() / 3600
    return table[table["hours"] < 16]


def any_night_hours(table):
    """Overlap of each shift with 23:00-06:00 of its own and the next day."""
    midnight = table["start"].dt.normalize()
    total = np.zeros(len(table))
    for offset in (-1, 0, 1):
        low = np.maximum(table["start"], midnight + pd.Timedelta(days=offset, hours=23))
        high = np.minimum(table["end"], midnight + pd.Timedelta(days=offset + 1, hours=6))
        total += np.clip((high - low).dt.total_seconds() / 3600, 0, None).to_numpy()
    return total


def wages(table, grades):
    table = table.assign(
        night_hours=any_night_hours(table), month=table["start"].dt.month, week=table["start"].dt.isocalendar().week
    )
    weekly = table.groupby(["person", "week"])["hours"].transform("sum")
    table["extra"] = np.clip(weekly - 42.0, 0, None) * table["hours"] / weekly
    table = table.merge(grades, on="person").merge(GRADES, on="grade")
    base = table["hours"] * table["hourly"]
    table["pay"] = (
        base + table["night_hours"] * table["hourly"] * table["night"] + table["extra"] * table["hourly"] * 0.5
    )
    return table


def main():
    staff = vary(16_000)
    grades = pd.DataFrame({"person": range(staff), "grade": np.array(list("AABBBCCD"))[np.arange(staff) % 8]})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = wages(shifts(punches(staff, 181, seed=171)), grades)
        slips = table.pivot_table(index="person", columns="month", values="pay", aggfunc="sum", fill_value=0.0).round(2)
        wards = table.groupby("ward", observed=True).agg(
            pay=("pay", "sum"), hours=("hours", "sum"), night=("night_hours", "sum")
        )
        packed = orjson.dumps(slips.to_numpy(), option=orjson.OPT_SERIALIZE_NUMPY)
        (folder / "slips.json").write_bytes(packed)
    dear = (wards["pay"] / wards["hours"]).idxmax()
    print(
        f"{len(table)} shifts, {slips.to_numpy().sum():.0f} paid, dearest ward {dear}, {len(packed) // 1024} kB of slips"
    )


if __name__ == "__main__":
    main()
