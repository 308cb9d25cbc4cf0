# code: serialization
# kind: decoy
# ruff: noqa
"""Tune the bar sections of a roof truss by random search, noting each lighter roof in a journal."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import copy
import json

import numpy as np

ROWS, COLUMNS = 16, 17
TRIALS = vary(130)


def grid():
    """Nodes of the roof and the bars between near ones; the direction of each bar in every node's freedoms."""
    y, x = np.indices((ROWS, COLUMNS))
    place = np.column_stack([x.ravel(), y.ravel(), 1.5 * np.sin(np.pi * x / (COLUMNS - 1)).ravel()])
    gap = np.linalg.norm(place[:, None] - place[None], axis=-1)
    first, second = np.nonzero(np.triu((gap < 2.3) & (gap > 0)))
    along = (place[second] - place[first]) / gap[first, second][:, None]
    pull = np.zeros((len(first), len(place), 3))
    bars = np.arange(len(first))
    pull[bars, first], pull[bars, second] = -along, along
    free = ((x > 0) & (x < COLUMNS - 1)).ravel()
    return pull[:, free].reshape(len(first), -1), gap[first, second]


def sag(pull, length, section):
    """The largest displacement under snow, by the stiffness method."""
    stiffness = (pull.T * (2.1e5 * section / length)) @ pull
    stiffness[np.diag_indices_from(stiffness)] += 40.0
    load = np.zeros(pull.shape[1])
    load[2::3] = -3.0
    return float(np.abs(np.linalg.solve(stiffness, load)).max())


class any_Journal:
    """What was better, and how it looked, as text."""

    def __init__(self):
        self.rows = []

    def note(self, roof, score):
        self.rows.append(json.dumps({"score": score, "roof": roof}))  # HERE


def search(rng, pull, length):
    journal = any_Journal()
    roof = {"grade": "S355", "groups": rng.uniform(0.004, 0.02, 90).tolist(), "owner": {"office": "roofs", "sheet": 7}}
    member = rng.integers(0, 90, len(length))
    weight = lambda r: float((np.array(r["groups"])[member] * length).sum())
    best = weight(roof) + 30 * sag(pull, length, np.array(roof["groups"])[member])
    start = best
    for trial in range(TRIALS):
        other = copy.deepcopy(roof)  # HERE
        for k in rng.integers(0, 90, 6).tolist():
            other["groups"][k] = max(0.002, other["groups"][k] * float(np.exp(rng.normal(0, 0.3))))
        score = weight(other) + 30 * sag(pull, length, np.array(other["groups"])[member])
        if score < best:
            roof, best = other, score
            journal.note(roof, best)  # HERE
    return start, best, journal


def main():
    pull, length = grid()
    start, best, journal = search(np.random.default_rng(2), pull, length)
    print(
        f"{len(length)} bars, {pull.shape[1]} freedoms; score {start:.2f} -> {best:.2f} in {len(journal.rows)} steps, "
        f"journal of {sum(map(len, journal.rows)) // 1000} kB"
    )


if __name__ == "__main__":
    main()
