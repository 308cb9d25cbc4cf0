# code: pandas-rows
# kind: decoy
# ruff: noqa
"""Checks the meters of a district heating network against each other and writes a letter for each odd one."""

import numpy as np
import pandas as pd


def readings(meters, days, seed):
    """Hourly heat: a house's loss times the cold outside, a daily rhythm, and drift in some of the meters."""
    rng = np.random.default_rng(seed)
    hours = days * 24
    clock = np.arange(hours)
    cold = 12 + 8 * np.cos(2 * np.pi * clock / 8760) + 3 * np.cos(2 * np.pi * clock / 24) + rng.normal(0, 2, hours)
    loss = rng.lognormal(0, 0.4, meters)
    drift = np.where(rng.random(meters) < 0.1, rng.normal(0, 0.4, meters), 0)
    heat = loss[:, None] * cold.clip(0)[None] * (1 + drift[:, None] * clock / hours) + rng.gamma(1, 1, (meters, hours))
    table = pd.DataFrame(
        {
            "meter": np.repeat(np.arange(meters), hours),
            "hour": np.tile(clock, meters),
            "heat": heat.ravel(),
        }
    )
    table["cold"] = np.tile(cold, meters)
    return table


class Audit:
    def __init__(self, table):
        self.table = table

    def drifts(self):
        """Per meter: by how much the heat per degree changes from the first weeks to the last."""
        any_weekly = (
            self.table.assign(week=self.table["hour"] // 168)
            .groupby(["meter", "week"])
            .agg(heat=("heat", "sum"), cold=("cold", "sum"), top=("heat", "max"))
        )
        any_weekly["loss"] = any_weekly["heat"] / any_weekly["cold"]
        wide = any_weekly["loss"].unstack()
        ends = pd.DataFrame({"first": wide.iloc[:, :4].mean(axis=1), "last": wide.iloc[:, -5:-1].mean(axis=1)})
        ends["change"] = ends["last"] / ends["first"] - 1
        return ends.join(any_weekly["top"].groupby("meter").max())

    def profiles(self):
        by_hour = self.table.assign(hour=self.table["hour"] % 24).groupby(["meter", "hour"])["heat"]
        return by_hour.quantile([0.25, 0.75]).unstack()

    def letters(self, ends):
        out = []
        usual = ends["change"].median()
        for meter, row in ends.iterrows():  # HERE
            if abs(row["change"] - usual) > 0.15:
                out.append(f"meter {meter}: {row['first']:.2f} became {row['last']:.2f}, highest {row['top']:.0f}")
        return out


def main():
    audit = Audit(readings(vary(650), 520, seed=19))
    ends = audit.drifts()
    profiles = audit.profiles()
    letters = audit.letters(ends)
    print(f"{len(letters)} letters; {letters[0]}; spread {(profiles[0.75] - profiles[0.25]).mean():.2f}")


if __name__ == "__main__":
    main()
