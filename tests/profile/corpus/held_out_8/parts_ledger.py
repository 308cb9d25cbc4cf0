# code: none
# kind: healthy
# ruff: noqa
"""Keeps a workshop's parts ledger in a database file and reports on turnover, shortages and slow movers."""

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

any_MOVES = vary(650000)
PARTS = 9000
SUPPLIERS = 160

SCHEMA = """
CREATE TABLE supplier (id INTEGER PRIMARY KEY, country TEXT, days INTEGER);
CREATE TABLE part (id INTEGER PRIMARY KEY, supplier INTEGER, price REAL, reserve INTEGER);
CREATE TABLE move (id INTEGER PRIMARY KEY, part INTEGER, day INTEGER, pieces INTEGER);
"""

TURNOVER = """
SELECT s.country, m.day / 30 AS month, sum(abs(m.pieces) * p.price) AS worth, count(DISTINCT m.part) AS parts
FROM move m JOIN part p ON p.id = m.part JOIN supplier s ON s.id = p.supplier
GROUP BY s.country, month ORDER BY worth DESC
"""

SHORTAGES = """
WITH level AS (
    SELECT part, day, sum(pieces) OVER (PARTITION BY part ORDER BY day, id) AS stock FROM move
)
SELECT p.supplier, count(*) AS days_short, min(l.stock) AS lowest
FROM level l JOIN part p ON p.id = l.part WHERE l.stock < p.reserve
GROUP BY p.supplier HAVING days_short > 3 ORDER BY days_short DESC
"""

SLOW = """
SELECT p.id, p.price, max(m.day) AS last, sum(m.pieces) AS stock
FROM part p JOIN move m ON m.part = p.id GROUP BY p.id
HAVING last < 330 AND stock > 0 ORDER BY p.price * stock DESC LIMIT 10
"""


def part_rows(rng: np.random.Generator) -> Iterator[tuple[int, int, float, int]]:
    suppliers = rng.integers(0, SUPPLIERS, PARTS).tolist()
    prices = rng.lognormal(2.5, 1.1, PARTS).round(2).tolist()
    reserves = rng.poisson(12, PARTS).tolist()
    return zip(range(PARTS), suppliers, prices, reserves)


def move_rows(count: int, rng: np.random.Generator) -> Iterator[tuple[int, int, int]]:
    """Deliveries in tens, withdrawals in ones; popular parts move more often."""
    parts = np.minimum(rng.exponential(1500, count), PARTS - 1).astype(int)
    days = np.sort(rng.integers(0, 365, count))
    delivered = rng.random(count) < 0.2
    pieces = np.where(delivered, 10 * rng.poisson(2.2, count), -rng.poisson(5, count))
    return zip(parts.tolist(), days.tolist(), pieces.tolist())


class Ledger:
    def __init__(self, path: Path) -> None:
        self.base = sqlite3.connect(path)
        self.base.executescript(SCHEMA)

    def fill(self, any_moves: int) -> None:
        rng = np.random.default_rng(31)
        countries = rng.choice(["AT", "CZ", "DE", "FR", "IT", "PL"], SUPPLIERS).tolist()
        delays = rng.integers(1, 40, SUPPLIERS).tolist()
        with self.base:
            self.base.executemany("INSERT INTO supplier VALUES (?, ?, ?)", zip(range(SUPPLIERS), countries, delays))
            self.base.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", part_rows(rng))
            self.base.executemany("INSERT INTO move (part, day, pieces) VALUES (?, ?, ?)", move_rows(any_moves, rng))
            self.base.execute("CREATE INDEX move_part ON move (part, day, pieces)")

    def report(self, query: str) -> list[tuple]:
        return self.base.execute(query).fetchall()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        any_ledger = Ledger(Path(folder) / "ledger.db")
        any_ledger.fill(any_MOVES)
        turnover = any_ledger.report(TURNOVER)
        short = any_ledger.report(SHORTAGES)
        slow = any_ledger.report(SLOW)
        any_ledger.base.close()
    print(f"best month {turnover[0][0]}/{turnover[0][1]}: {turnover[0][2]:.0f} for {turnover[0][3]} parts")
    print(
        f"{len(short)} suppliers fall short, worst {short[0][0]} ({short[0][1]} times); dearest idle part {slow[0][0]}"
    )


if __name__ == "__main__":
    main()
