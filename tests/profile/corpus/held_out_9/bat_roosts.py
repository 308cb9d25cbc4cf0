# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Compare the echolocation calls of bat roosts by optimal assignment of their call shapes."""

import itertools
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist


def any_fill(conn, roosts, calls, rng):
    """Calls are hyperbolic sweeps with roost-wise start, end and length, and 6 % spread."""
    conn.execute("CREATE TABLE roost (id INTEGER PRIMARY KEY, name TEXT, height REAL)")
    conn.execute("CREATE TABLE night (roost_id INTEGER, night INTEGER, warmth REAL, PRIMARY KEY (roost_id, night))")
    conn.execute("CREATE TABLE call (roost_id INTEGER, high REAL, low REAL, length REAL, quiet REAL)")
    with conn:
        conn.executemany(
            "INSERT INTO roost VALUES (?, ?, ?)", [(i, f"R{i:02d}", float(rng.uniform(2, 14))) for i in range(roosts)]
        )
        for roost in range(roosts):
            warmth = rng.normal(14, 3, 60).tolist()
            conn.executemany("INSERT INTO night VALUES (?, ?, ?)", [(roost, n, w) for n, w in enumerate(warmth)])
            centre = rng.uniform([60, 30, 3, 60], [110, 50, 9, 120])
            values = centre * rng.normal(1, 0.06, (calls, 4))
            conn.executemany("INSERT INTO call VALUES (?, ?, ?, ?, ?)", [(roost, *v) for v in values.tolist()])
        conn.execute("CREATE INDEX call_of ON call (roost_id)")


def any_calls(conn, roost):
    found = conn.execute("SELECT high, low, length, quiet FROM call WHERE roost_id = ?", (roost,)).fetchall()  # HERE
    return np.array(found)


def any_warm_nights(conn, roost, nights=60):
    """Number of nights on which the bats may have flown."""
    warm = 0
    for night in range(nights):  # HERE
        row = conn.execute(
            "SELECT warmth FROM night WHERE roost_id = ? AND night = ?", (roost, night)
        ).fetchone()  # HERE
        warm += row[0] > 12
    return warm


def sweep(calls, points=24):
    """Frequency over the time of each call, a hyperbola between its start and its end."""
    t = np.linspace(0, 1, points)
    high, low = calls[:, :1], calls[:, 1:2]
    return np.hstack([1 / (1 / high + t * (1 / low - 1 / high)), calls[:, 2:] / 4])


def compare(shapes):
    """Mean cost of the best pairing of the calls of two roosts, for all pairs."""
    costs = np.zeros((len(shapes), len(shapes)))
    for (i, a), (j, b) in itertools.combinations(enumerate(shapes), 2):
        gaps = cdist(a, b)
        rows, cols = linear_sum_assignment(gaps)
        costs[i, j] = costs[j, i] = gaps[rows, cols].mean()
    return costs


def main():
    rng = np.random.default_rng(29)
    with tempfile.TemporaryDirectory() as folder:
        conn = sqlite3.connect(Path(folder) / "roosts.db")
        any_fill(conn, roosts=16, calls=vary(240), rng=rng)
        shapes, heights, flown = [], [], []
        for roost, name, height in conn.execute("SELECT id, name, height FROM roost ORDER BY name").fetchall():  # HERE
            shapes.append(sweep(any_calls(conn, roost)))  # HERE
            heights.append(height)
            flown.append(any_warm_nights(conn, roost))
        conn.close()
    costs = compare(shapes)
    upper = np.triu_indices(len(costs), 1)
    apart = np.abs(np.subtract.outer(heights, heights))
    print(
        f"{len(costs)} roosts, {sum(flown)} warm nights, nearest pair {costs[upper].min():.2f}, with height {np.corrcoef(costs[upper], apart[upper])[0, 1]:.3f}"
    )


main()
