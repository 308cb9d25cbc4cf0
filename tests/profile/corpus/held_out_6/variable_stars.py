# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Looks for the periods of variable stars whose brightness is kept in a small database."""

import sqlite3
import tempfile
from pathlib import Path

import numpy as np


class Catalogue:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.connection.execute("CREATE TABLE stars (id INTEGER PRIMARY KEY, name TEXT)")
        self.connection.execute("CREATE TABLE light (star INTEGER, at REAL, magnitude REAL)")

    def fill(self, stars, nights, seed):
        """Sine waves with a harmonic, seen on random nights with an error of 0.05 mag."""
        rng = np.random.default_rng(seed)
        with self.connection:
            for star in range(stars):
                period = rng.uniform(0.6, 9)
                at = np.sort(rng.uniform(0, 200, nights))
                phase = 2 * np.pi * at / period
                magnitude = 12 + 0.3 * np.sin(phase) + 0.1 * np.sin(2 * phase + 1) + rng.normal(0, 0.05, nights)
                self.connection.execute("INSERT INTO stars VALUES (?, ?)", (star, f"V{star:04d}"))
                self.connection.executemany(
                    "INSERT INTO light VALUES (?, ?, ?)", zip([star] * nights, at.tolist(), magnitude.tolist())
                )
            self.connection.execute("CREATE INDEX light_star ON light (star, at)")

    def names(self):
        return self.connection.execute("SELECT id, name FROM stars ORDER BY id").fetchall()

    def any_curve(self, star):
        query = "SELECT at, magnitude FROM light WHERE star = ? ORDER BY at"
        return np.array(self.connection.execute(query, (star,)).fetchall())  # HERE


def spectrum(at, magnitude, frequencies):
    """The power of the best sine at each frequency."""
    magnitude = magnitude - magnitude.mean()
    turns = np.outer(frequencies, 2 * np.pi * at)
    cos, sin = np.cos(turns), np.sin(turns, out=turns)
    cc, ss, cs = np.einsum("ij,ij->i", cos, cos), np.einsum("ij,ij->i", sin, sin), np.einsum("ij,ij->i", cos, sin)
    yc, ys = cos @ magnitude, sin @ magnitude
    return (yc**2 * ss + ys**2 * cc - 2 * yc * ys * cs) / (cc * ss - cs**2)


def main():
    frequencies = np.linspace(0.1, 2, 5000)
    found = {}
    with tempfile.TemporaryDirectory() as place:
        catalogue = Catalogue(Path(place) / "stars.db")
        catalogue.fill(vary(55), 220, seed=14)
        for star, name in catalogue.names():
            at, magnitude = catalogue.any_curve(star).T  # HERE
            power = spectrum(at, magnitude, frequencies)
            found[name] = (1 / frequencies[power.argmax()], power.max() / power.mean())
        catalogue.connection.close()
    surest = max(found, key=lambda name: found[name][1])
    print(f"{len(found)} stars, surest {surest} with {found[surest][0]:.3f} days")


if __name__ == "__main__":
    main()
