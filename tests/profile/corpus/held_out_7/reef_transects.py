# code: pandas-rows
# kind: decoy
# ruff: noqa
"""Coral cover along reef transects: bootstrap trends for each reef and print a table of them."""

import numpy as np
import pandas as pd

REEFS = 14
YEARS = np.arange(1998, 2024)


def photographs(rng, per_year):
    """Counts of points on coral, algae and sand, of 100 in each photograph."""
    reef = np.repeat(np.arange(REEFS), len(YEARS) * per_year)
    year = np.tile(np.repeat(YEARS, per_year), REEFS)
    slope = rng.normal(-0.03, 0.03, REEFS)[reef]
    chance = 1 / (1 + np.exp(-(0.4 + slope * (year - 2010) + rng.normal(0, 0.5, len(reef)))))
    coral = rng.binomial(100, 0.6 * chance)
    algae = rng.binomial(100 - coral, 0.5)
    return pd.DataFrame(
        {"reef": reef, "year": year, "coral": coral, "algae": algae, "depth": rng.uniform(2, 18, len(reef))}
    )


def trends(table, rng, draws):
    """Slope of the yearly cover with bootstrap errors, all draws of a reef at once."""
    rows = []
    centred = YEARS - YEARS.mean()
    for reef, part in table.groupby("reef"):
        cover = part["coral"].to_numpy().reshape(len(YEARS), -1)
        pick = rng.integers(0, cover.shape[1], (draws, *cover.shape))
        mean = np.take_along_axis(cover[None], pick, axis=2).mean(axis=2)
        slope = mean @ centred / (centred @ centred)
        low, high = np.quantile(slope, [0.025, 0.975])
        rows.append({"reef": reef, "cover": cover.mean(), "slope": slope.mean(), "low": low, "high": high})
    return pd.DataFrame(rows)


def any_table(yearly):
    text = []
    for (reef, year), row in yearly.iterrows():  # HERE
        mark = "*" if row["coral"] < row["algae"] else " "  # HERE
        text.append(f"{reef:3d} {year} {row['coral']:6.1f} {row['algae']:6.1f} {row['depth']:5.1f} {mark}")
    return text


def main():
    rng = np.random.default_rng(33)
    table = photographs(rng, 60)
    summary = trends(table, rng, vary(8000))
    belts = table.assign(belt=pd.cut(table["depth"], [0, 6, 12, 18])).groupby("belt", observed=True)["algae"].mean()
    lines = any_table(table.groupby(["reef", "year"])[["coral", "algae", "depth"]].mean())  # HERE
    print(
        f"{len(table)} photographs; {int((summary['high'] < 0).sum())} of {REEFS} reefs lose coral; "
        f"algae ahead in {sum(l.endswith('*') for l in lines)} of {len(lines)} reef-years; "
        f"algae by depth {' '.join(f'{v:.1f}' for v in belts)}"
    )


if __name__ == "__main__":
    main()
