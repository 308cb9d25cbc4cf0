# code: python-loop
# kind: seeded
# gain: 2.81
# ruff: noqa
"""Assigns delivery stops to depots and draws up the load plan."""

import math
import sys

import numpy as np

EARTH_KM = 6371.0


def any_make_stops(count, seed):
    rng = np.random.default_rng(seed)
    centres = np.column_stack([rng.uniform(47, 54, 12), rng.uniform(6, 15, 12)])
    which = rng.integers(0, 12, count)
    spots = centres[which] + rng.normal(0, 0.4, (count, 2))
    demand = rng.gamma(2.0, 8.0, count)
    return spots, demand


def any_make_depots(count, seed):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(47, 54, count), rng.uniform(6, 15, count)])


def any_arc(lat_a, lon_a, lat_b, lon_b):
    half_lat = (lat_b - lat_a) / 2
    half_lon = (lon_b - lon_a) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2  # HERE
    return 2 * EARTH_KM * math.asin(math.sqrt(chord))


def any_assign(spots, depots):
    """Index of the nearest depot of each stop, and the distance to it in km."""
    spots = np.radians(spots)
    depots = np.radians(depots)
    nearest = np.zeros(len(spots), dtype=np.int64)
    distance = np.full(len(spots), np.inf)
    stop = 0
    while stop < len(spots):
        for depot in range(len(depots)):
            km = any_arc(spots[stop, 0], spots[stop, 1], depots[depot, 0], depots[depot, 1])  # HERE
            if km < distance[stop]:
                distance[stop] = km
                nearest[stop] = depot
        stop += 1
    return nearest, distance


def any_plan(nearest, distance, demand, depots, capacity):
    load = np.bincount(nearest, weights=demand, minlength=depots)
    reach = np.zeros(depots)
    np.maximum.at(reach, nearest, distance)
    vans = np.ceil(load / capacity).astype(int)
    return load, reach, vans


def any_bootstrap(demand, nearest, depots, rounds, seed):
    """Spread of each depot's load when the day's orders are drawn again."""
    rng = np.random.default_rng(seed)
    loads = np.empty((rounds, depots))
    for index in range(rounds):
        drawn = rng.integers(0, len(demand), len(demand))
        loads[index] = np.bincount(nearest[drawn], weights=demand[drawn], minlength=depots)
    return np.percentile(loads, [5, 95], axis=0)


def main():
    spots, demand = any_make_stops(vary(16000), 3)
    depots = any_make_depots(vary(90), 4)
    nearest, distance = any_assign(spots, depots)
    load, reach, vans = any_plan(nearest, distance, demand, len(depots), capacity=900)
    low, high = any_bootstrap(demand, nearest, len(depots), vary(3000), seed=5)
    for depot in np.argsort(-load)[:5]:
        print(
            f"depot {depot:3d} load {load[depot]:8.0f} ({low[depot]:.0f}-{high[depot]:.0f}) "
            f"vans {vans[depot]:2d} reach {reach[depot]:5.0f} km"
        )
    print("mean distance", round(float(distance.mean()), 2), file=sys.stderr)


main()
