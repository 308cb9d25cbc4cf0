# code: pandas-rows
# kind: decoy
# ruff: noqa
"""Punctuality of ferries from position reports: merge, resample, quantiles, a short printed report."""

import numpy as np
import pandas as pd


def timetable(lines, days):
    start = pd.date_range("2026-05-01 05:00", periods=days * 18 * 4, freq="15min").to_numpy()
    line = np.repeat(np.arange(lines), len(start))
    return pd.DataFrame({"line": line, "planned": np.tile(start, lines) + (line % 15).astype("timedelta64[m]")})


def reports(table, rng):
    """Up to four position reports of each departure; some are lost."""
    repeated = table.loc[table.index.repeat(4)].reset_index(drop=True)
    delay = rng.gamma(1.5, 140, len(repeated)) + 25 * (repeated["line"].to_numpy() % 5)
    repeated["at"] = repeated["planned"] + pd.to_timedelta(delay.round(), unit="s")
    repeated["knots"] = rng.normal(14, 3, len(repeated)).clip(0)
    return repeated[rng.random(len(repeated)) > 0.1].sample(frac=1, random_state=1)


def delays(positions):
    first = positions.groupby(["line", "planned"])["at"].min().reset_index()
    first["delay_s"] = (first["at"] - first["planned"]).dt.total_seconds()
    first["hour"] = first["planned"].dt.hour
    first["weekend"] = first["planned"].dt.day_of_week >= 5
    return first


def by_hour(first):
    grouped = first.groupby(["line", "hour"])["delay_s"]
    table = grouped.quantile([0.5, 0.95]).unstack()
    table["departures"] = grouped.size()
    return table


def worst_streak(first, limit_s):
    """Longest run of late departures of each line."""
    late = first["delay_s"] > limit_s
    run = (late != late.shift()).cumsum()
    return late.groupby([first["line"], run]).sum().groupby(level=0).max()


def speed_profile(positions):
    means = positions.groupby(positions["at"].dt.floor("5min"))["knots"].mean()
    return means.asfreq("5min").interpolate().rolling(12, center=True).mean()


def any_report(summary):
    lines = []
    for number, row in summary.iterrows():  # HERE
        mark = "*" if row["p95"] > row["median"] * 3 else " "
        lines.append(
            f"{mark} line {number:>3}  median {row['median']:5.0f} s  p95 {row['p95']:5.0f} s  streak {row['streak']:.0f}"
        )
    return lines


def main():
    rng = np.random.default_rng(70)
    table = timetable(lines=vary(420), days=38)
    positions = reports(table, rng)
    first = delays(positions)
    summary = pd.DataFrame(
        {
            "median": first.groupby("line")["delay_s"].median(),
            "p95": first.groupby("line")["delay_s"].quantile(0.95),
            "streak": worst_streak(first, limit_s=600),
        }
    )
    print("\n".join(any_report(summary)[:5]))
    print(
        f"slowest hour: {by_hour(first)[0.95].groupby('hour').mean().idxmax()}, top speed {speed_profile(positions).max():.1f} kn"
    )
    weekend = first.pivot_table(index="line", columns="weekend", values="delay_s", aggfunc="mean")
    print(f"weekend difference {(weekend[True] - weekend[False]).mean():.1f} s")


if __name__ == "__main__":
    main()
