# code: none
# kind: healthy
# ruff: noqa
"""Loads the loans of a city's libraries into a database in bulk and reports on readers and titles."""

import sqlite3
import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np

SCHEMA = """
CREATE TABLE readers (id INTEGER PRIMARY KEY, branch INTEGER NOT NULL, born INTEGER NOT NULL);
CREATE TABLE titles (id INTEGER PRIMARY KEY, shelf TEXT NOT NULL, year INTEGER NOT NULL);
CREATE TABLE loans (reader INTEGER NOT NULL, title INTEGER NOT NULL, out TEXT NOT NULL, days INTEGER NOT NULL);
"""
SHELVES = ("novel", "crime", "travel", "history", "science", "comics", "music", "cooking")


class Library:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.connection.executescript(SCHEMA)

    def any_load(self, table, columns):
        marks = ", ".join("?" * len(columns))
        with self.connection:
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*columns))

    def index(self):
        with self.connection:
            self.connection.execute("CREATE INDEX loans_title ON loans (title, reader)")

    def rows(self, query, *values):
        return self.connection.execute(query, values).fetchall()


def fill(library, readers, titles, loans, seed):
    """Readers borrow by a gamma-distributed zeal, titles are liked by a Pareto law."""
    rng = np.random.default_rng(seed)
    library.any_load(
        "readers", (range(readers), rng.integers(0, 24, readers).tolist(), rng.integers(1940, 2018, readers).tolist())
    )
    shelf = [SHELVES[i] for i in rng.integers(0, len(SHELVES), titles)]
    library.any_load("titles", (range(titles), shelf, rng.integers(1950, 2026, titles).tolist()))
    zeal = rng.gamma(0.8, 1, readers)
    liking = rng.pareto(1.5, titles) + 0.1
    days = [(date(2024, 1, 1) + timedelta(i)).isoformat() for i in range(730)]
    library.any_load(
        "loans",
        (
            rng.choice(readers, loans, p=zeal / zeal.sum()).tolist(),
            rng.choice(titles, loans, p=liking / liking.sum()).tolist(),
            [days[i] for i in rng.integers(0, 730, loans)],
            rng.geometric(1 / 18, loans).tolist(),
        ),
    )


def report(library):
    by_shelf = library.rows(
        "SELECT shelf, substr(out, 1, 7) AS month, count(*), avg(days) FROM loans JOIN titles ON titles.id = title "
        "GROUP BY shelf, month ORDER BY shelf, month"
    )
    late = library.rows(
        "SELECT branch, sum(days > 28) * 1.0 / count(*) AS share FROM loans JOIN readers ON readers.id = reader "
        "GROUP BY branch ORDER BY share DESC LIMIT 3"
    )
    twins = library.rows(
        "WITH top AS (SELECT title FROM loans GROUP BY title ORDER BY count(*) DESC LIMIT 60) "
        "SELECT a.title, b.title, count(*) AS n FROM loans a JOIN loans b ON b.reader = a.reader AND b.title > a.title "
        "WHERE a.title IN top AND b.title IN top GROUP BY a.title, b.title ORDER BY n DESC LIMIT 5"
    )
    return by_shelf, late, twins


def main():
    with tempfile.TemporaryDirectory() as place:
        library = Library(Path(place) / "loans.db")
        fill(library, 20000, 6000, vary(500000), seed=4)
        library.index()
        with library.connection:
            library.connection.execute("CREATE INDEX loans_reader ON loans (reader, title)")
        by_shelf, late, twins = report(library)
        library.connection.close()
    print(f"{len(by_shelf)} lines, latest branch {late[0][0]}: {late[0][1]:.1%}, closest titles {twins[0]}")


if __name__ == "__main__":
    main()
