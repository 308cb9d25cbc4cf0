# code: n-plus-one
# kind: decoy
# ruff: noqa
"""Builds the search file of a herbarium: its sheets by cabinet, packed, with look-alike labels marked."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hashlib
import lzma
import random
import sqlite3
import tempfile
from pathlib import Path

import numpy as np

GENERA = "Carex Salix Rubus Hieracium Viola Rosa Poa Festuca Galium Veronica Silene Allium".split()
EPITHETS = "alba minor vulgaris montana repens nigra palustris sylvestris lutea rigida hirta nana".split()
PLACES = "moor heath scree meadow ditch dune forest wall roadside shore fen pasture".split()


def fill(connection, sheets, cabinets, seed):
    rng = random.Random(seed)
    connection.executescript(
        "create table cabinet (id integer primary key, room text);"
        "create table sheet (id integer primary key, cabinet integer, name text, label text, year integer);"
    )
    connection.executemany("insert into cabinet values (?, ?)", ((i, f"room {i % 7}") for i in range(cabinets)))
    rows = []
    for number in range(sheets):
        name = f"{rng.choice(GENERA)} {rng.choice(EPITHETS)}"
        words = rng.choices(PLACES + EPITHETS, k=rng.randrange(8, 24))
        label = f"{' '.join(words)}, {rng.randrange(20, 2400)} m, leg. {rng.choice('ABCDEFGH')}. {rng.choice(SURNAMES)}"
        rows.append((number, rng.randrange(cabinets), name, label, rng.randrange(1820, 1990)))
    with connection:
        connection.executemany("insert into sheet values (?, ?, ?, ?, ?)", rows)
        connection.execute("create index by_cabinet on sheet (cabinet, year)")


SURNAMES = "Moser Lindt Aubry Kerner Vahl Retz Hoppe Sieber Bauer Wulf".split()


class Catalogue:
    def __init__(self, connection):
        self.connection = connection

    def any_spans(self):
        """First and last year of each cabinet, for the signs on the doors."""
        signs = []
        for number, room in self.connection.execute("select id, room from cabinet order by room, id").fetchall():
            years = self.connection.execute(
                "select min(year), max(year), count(*) from sheet where cabinet = ?",
                (number,),  # HERE
            ).fetchone()
            signs.append((room, number, *years))
        return signs

    def chapters(self):
        """All the sheets by genus, in one pass."""
        rows = self.connection.execute("select name, label, year, cabinet from sheet order by name, year, id")
        genus, lines = None, []
        for name, label, year, cabinet in rows:
            head = name.partition(" ")[0]
            if head != genus and lines:
                yield genus, lines
                lines = []
            genus = head
            lines.append(f"{name} | {year} | {cabinet:03d} | {label}")
        yield genus, lines


def packed(lines):
    data = "\n".join(lines).encode()
    return hashlib.blake2b(data).hexdigest(), lzma.compress(data, preset=4)


def look_alikes(lines, limit, planes=128, seed=7):
    """Pairs of labels with nearly the same sketch: signs of random projections of letter counts."""
    letters = np.frombuffer("".join(lines).encode("ascii"), dtype=np.uint8)
    row = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    counts = np.bincount(row * 128 + letters, minlength=len(lines) * 128).reshape(-1, 128).astype(np.float32)
    counts -= counts.mean(axis=0)
    sketch = np.sign(counts @ np.random.default_rng(seed).normal(size=(128, planes)).astype(np.float32))
    found = 0
    for start in range(0, len(sketch), 512):
        same = sketch[start : start + 512] @ sketch.T
        found += int((same > planes - 2 * limit).sum()) - len(same)
    return found // 2


def main():
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "herbarium.db")
        fill(connection, 42_000, vary(760), seed=211)
        catalogue = Catalogue(connection)
        signs = catalogue.any_spans()
        size, pairs, chapters = 0, 0, 0
        for _, lines in catalogue.chapters():
            size += len(packed(lines)[1])
            pairs += look_alikes(lines, 9)
            chapters += 1
        connection.close()
    print(
        f"{len(signs)} cabinets from {min(s[2] for s in signs)}, {chapters} chapters, {size // 1024} kB, {pairs} look-alikes"
    )


if __name__ == "__main__":
    main()
