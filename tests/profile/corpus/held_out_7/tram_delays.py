# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Which tram lines pass their lateness on: a year's stops in a database, read once, and lagged correlations of lines."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


import sqlite3
import tempfile
from pathlib import Path

import numpy as np

LINES = 36


def store(file, rng, days):
    """Mean lateness of each line in each quarter of an hour, with lines that follow others."""
    slots = days * 72
    late = rng.gamma(1.2, 1.0, (LINES, slots))
    for line in range(1, LINES):
        if line % 3:
            late[line, 2:] += 0.6 * late[line - 1, :-2]
    link = sqlite3.connect(file)
    link.execute("create table line (number integer primary key, depot text, opened integer)")
    link.execute(
        "create table lateness (line integer, slot integer, minutes real, primary key (line, slot)) without rowid"
    )
    link.executemany("insert into line values (?, ?, ?)", [(n, "NES"[n % 3], 1950 + n) for n in range(LINES)])
    number, slot = np.indices(late.shape)
    link.executemany(
        "insert into lateness values (?, ?, ?)",
        zip(number.ravel().tolist(), slot.ravel().tolist(), late.ravel().tolist()),
    )
    link.commit()
    return link, slots


def matrix(link, slots):
    """The whole table in one read."""
    flat = np.fromiter((m for (m,) in link.execute("select minutes from lateness order by line, slot")), float)
    return flat.reshape(LINES, slots)


def lagged(late, lag, draws, rng):
    """Largest correlation of each pair at a lag, and the same after shifting by random times."""
    z = (late - late.mean(axis=1, keepdims=True)) / late.std(axis=1, keepdims=True)
    n = z.shape[1] - lag
    real = z[:, :n] @ z[:, lag:].T / n
    spectrum = np.fft.rfft(z, axis=1)
    chance = 0.0
    for _ in range(draws):
        phase = np.exp(2j * np.pi * rng.random(spectrum.shape))
        fake = np.fft.irfft(spectrum * phase, z.shape[1], axis=1)
        cross = fake[:, :n] @ fake[:, lag:].T / n
        chance = max(chance, float(np.abs(cross - np.diag(np.diag(cross))).max()))
    return real, chance


def any_names(link, pairs):
    out = []
    for first, second in pairs:  # HERE
        depot = link.execute("select depot from line where number = ?", (first,)).fetchone()[0]  # HERE
        other = link.execute("select depot from line where number = ?", (second,)).fetchone()[0]  # HERE
        out.append(f"{depot}{first}>{other}{second}")
    return out


def main():
    rng = np.random.default_rng(19)
    with tempfile.TemporaryDirectory() as folder:
        link, slots = store(Path(folder) / "trams.db", rng, 60)
        late = matrix(link, slots)
        real, chance = lagged(late, 2, vary(420), rng)
        np.fill_diagonal(real, 0)
        order = np.argsort(real, axis=None)[::-1][:1000]
        pairs = [divmod(int(k), LINES) for k in order]
        names = any_names(link, pairs)  # HERE
        link.close()
    sure = int((real > chance).sum())
    print(f"{slots} quarters; {sure} pairs beyond chance ({chance:.3f}), first of them {', '.join(names[:4])}")


if __name__ == "__main__":
    main()
