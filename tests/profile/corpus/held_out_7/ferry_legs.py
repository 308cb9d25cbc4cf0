# code: pandas-rows
# kind: seeded
# gain: 5.5
# ruff: noqa
"""Cut the position reports of a ferry fleet into legs between berths and fit fuel burnt to speed and wind."""

import os

os.environ["OMP_NUM_THREADS"] = "1"


import numpy as np
import pandas as pd

SHIPS = 6
SLOW = 0.8


def reports(rng, hours):
    """Reports each minute: speed follows a timetable of sailing and lying, with noise and a tidal part."""
    frames = []
    minutes = hours * 60
    for ship in range(SHIPS):
        cycle = rng.integers(45, 95)
        clock = np.arange(minutes)
        sailing = (clock % cycle) < 0.7 * cycle
        speed = np.where(sailing, 13 + 2 * np.sin(clock / 370), 0.15) + rng.normal(0, 0.15, minutes)
        wind = 6 + 3 * np.sin(clock / 900 + ship) + rng.normal(0, 1, minutes)
        burn = np.where(sailing, 0.012 * np.abs(speed) ** 2.6 + 0.1 * np.abs(wind), 0.4) + rng.normal(0, 0.2, minutes)
        stamp = pd.Timestamp("2024-03-01") + pd.to_timedelta(clock, unit="min")
        frames.append(pd.DataFrame({"ship": ship, "stamp": stamp, "speed": np.abs(speed), "wind": wind, "burn": burn}))
    return pd.concat(frames, ignore_index=True)


def any_cut(log):
    """Legs: runs of reports of one ship under way."""
    legs = []
    k, last = 0, len(log)
    while k < last:  # HERE
        row = log.iloc[k]  # HERE
        if row["speed"] < SLOW:
            k += 1
            continue
        ship, start = row["ship"], row["stamp"]
        miles = burn = wind = 0.0
        first = k
        while row["speed"] >= SLOW and row["ship"] == ship:
            miles += row["speed"] / 60
            burn += row["burn"]
            wind += row["wind"]
            k += 1
            if k == last:
                break
            row = log.iloc[k]  # HERE
        minutes = k - first
        legs.append((ship, start, minutes, miles, burn, wind / minutes))
    return pd.DataFrame(legs, columns=["ship", "start", "minutes", "miles", "burn", "wind"])


def burn_model(legs, rng, draws):
    """Burn per minute against speed and wind, with bootstrap errors."""
    speed = 60 * legs["miles"].to_numpy() / legs["minutes"].to_numpy()
    base = np.column_stack([speed**p * legs["wind"].to_numpy() ** q for p in range(4) for q in range(3)])
    base /= np.abs(base).max(axis=0)
    rate = (legs["burn"] / legs["minutes"]).to_numpy()
    pick = rng.integers(0, len(legs), (draws, len(legs)))
    x, y = base[pick], rate[pick]
    left = np.swapaxes(x, 1, 2) @ x + 1e-6 * np.eye(base.shape[1])
    right = np.swapaxes(x, 1, 2) @ y[:, :, None]
    found = np.linalg.solve(left, right)[:, :, 0]
    guess = found @ base.T
    return guess.mean(axis=0), guess.std(axis=0)


def main():
    rng = np.random.default_rng(77)
    log = reports(rng, vary(190))
    log = log.sort_values(["ship", "stamp"], ignore_index=True)
    legs = any_cut(log)  # HERE
    mean, spread = burn_model(legs, rng, 2500)
    print(
        f"{len(log)} reports, {len(legs)} legs, {legs['miles'].sum():.0f} miles, "
        f"burn {mean.mean():.2f} +- {spread.mean():.2f} l/min"
    )


if __name__ == "__main__":
    main()
