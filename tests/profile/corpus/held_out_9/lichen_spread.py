# code: pandas-rows
# kind: decoy
# ruff: noqa
"""Simulate the spread of lichens over walls by reaction and diffusion, one scenario per row of a table."""

import numpy as np
import pandas as pd
from scipy import fft, ndimage

SIDE = 256


def any_scenarios(count, rng):
    """Walls by rock, wetness and exposure, with log-normal growth."""
    return pd.DataFrame(
        {
            "wall": [f"W{i:03d}" for i in range(count)],
            "rock": rng.choice(["slate", "granite", "limestone"], count),
            "wet": rng.uniform(0.2, 1.0, count),
            "growth": rng.lognormal(0.0, 0.3, count),
        }
    )


def any_rates(table):
    """Growth and crowding that apply on each wall."""
    rates = []
    for _, row in table.iterrows():  # HERE
        factor = {"slate": 0.7, "granite": 0.9, "limestone": 1.2}[row["rock"]]
        rates.append((row["growth"] * factor, 1.0 + 0.5 * row["wet"]))
    return pd.DataFrame(rates, columns=["rate", "crowding"], index=table.index)


class Wall:
    """Implicit diffusion in cosine space, explicit logistic growth."""

    def __init__(self, reach, step):
        k = np.pi * np.arange(SIDE) / SIDE
        self.decay = 1.0 / (1.0 + step * reach * (k[:, None] ** 2 + k[None, :] ** 2))
        self.step = step

    def grow(self, cover, rate, crowding, steps):
        for _ in range(steps):
            cover = cover + self.step * rate * cover * (1 - crowding * cover)
            cover = fft.idctn(fft.dctn(cover, norm="ortho") * self.decay, norm="ortho")
        return cover


def start(rng):
    spots = np.zeros((SIDE, SIDE))
    spots[rng.integers(0, SIDE, 40), rng.integers(0, SIDE, 40)] = 1.0
    return ndimage.gaussian_filter(spots, 3)


def main():
    rng = np.random.default_rng(15)
    table = any_scenarios(vary(900), rng)
    table = table.join(any_rates(table))
    wall = Wall(reach=4.0, step=0.2)
    shown = table.groupby("rock")["rate"].quantile([0.1, 0.5, 0.9]).unstack()
    for rock, rates in shown.iterrows():  # HERE
        crowding = table.loc[table["rock"] == rock, "crowding"].mean()
        for share, rate in rates.items():
            cover = wall.grow(start(rng), rate, crowding, steps=150)
            patches = ndimage.label(cover > 0.2)[1]
            print(f"{rock} {share}: cover {cover.mean():.3f} in {patches} patches")


main()
