# code: pandas-rows
# kind: decoy
# ruff: noqa
"""Estimates how far ringed birds travel from their recoveries and prints the sites with the longest ways."""

import numpy as np
import pandas as pd

SPECIES = ["swift", "stork", "tern", "warbler", "osprey", "plover"]
RADIUS = 6371.0


def recoveries(sites, birds, seed):
    """Ringing sites in the north; way and bearing drawn by species, one in twenty reports misplaced."""
    rng = np.random.default_rng(seed)
    place = pd.DataFrame(
        {
            "site": [f"R{i:03d}" for i in range(sites)],
            "lat": rng.uniform(45, 65, sites),
            "lon": rng.uniform(-5, 30, sites),
        }
    )
    kind = rng.integers(0, len(SPECIES), birds)
    at = rng.integers(0, sites, birds)
    way = rng.gamma(3.0, np.array([1500, 1700, 1900, 800, 1300, 1000])[kind] / 3.0)
    bearing = np.radians(rng.normal(195, 20, birds))
    lat, lon = np.radians(place["lat"].to_numpy()[at]), np.radians(place["lon"].to_numpy()[at])
    lat2 = np.arcsin(np.sin(lat) * np.cos(way / RADIUS) + np.cos(lat) * np.sin(way / RADIUS) * np.cos(bearing))
    lon2 = lon + np.arctan2(
        np.sin(bearing) * np.sin(way / RADIUS) * np.cos(lat), np.cos(way / RADIUS) - np.sin(lat) * np.sin(lat2)
    )
    found = pd.DataFrame(
        {
            "site": place["site"].to_numpy()[at],
            "species": np.array(SPECIES)[kind],
            "lat2": np.degrees(lat2),
            "lon2": np.degrees(lon2),
        }
    )
    wrong = rng.random(birds) < 0.05
    found.loc[wrong, "lat2"] += rng.normal(0, 8, wrong.sum())
    found["days"] = rng.gamma(4, 45, birds)
    return place, found


def with_ways(place, found):
    table = found.merge(place, on="site")
    a, b = np.radians(table[["lat", "lat2"]].to_numpy()).T
    dlon = np.radians(table["lon2"] - table["lon"])
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(dlon / 2) ** 2
    table["km"] = 2 * RADIUS * np.arcsin(np.sqrt(h))
    table["speed"] = table["km"] / table["days"].clip(lower=1)
    return table


def intervals(table, rounds, seed):
    """Bootstrap intervals of the median way of each species."""
    rng = np.random.default_rng(seed)
    rows = {}
    for species, group in table.groupby("species"):
        km = group["km"].to_numpy()
        medians = np.array([np.median(km[rng.integers(0, len(km), len(km))]) for _ in range(rounds)])
        rows[species] = np.quantile(medians, [0.025, 0.5, 0.975])
    return pd.DataFrame(rows, index=["low", "middle", "high"]).T


def site_lines(table, least):
    sites = table.groupby("site").agg(birds=("km", "size"), km=("km", "mean"), fast=("speed", "max"))
    lines = []
    for any_site, row in sites.iterrows():  # HERE
        if row["birds"] >= least:
            lines.append(
                (row["km"], f"{any_site}: {row['birds']:.0f} birds, {row['km']:.0f} km, {row['fast']:.0f} km/day")
            )
    return [line for _, line in sorted(lines, reverse=True)]


def main():
    place, found = recoveries(vary(450), 380_000, seed=201)
    table = with_ways(place, found)
    spread = intervals(table, 500, seed=202)
    lines = site_lines(table, 100)
    far = spread["middle"].idxmax()
    print(
        f"{len(table)} recoveries, farthest {far} ({spread.loc[far, 'middle']:.0f} km), {len(lines)} sites; {lines[0]}"
    )


if __name__ == "__main__":
    main()
