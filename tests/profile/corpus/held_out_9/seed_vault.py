# code: none
# kind: healthy
# ruff: noqa
"""Plan the regeneration of a seed vault: which accessions lose their viability first, from germination tests."""

import itertools
import sqlite3
import tempfile
from pathlib import Path

import numpy as np

SCHEMA = """
CREATE TABLE accession (id INTEGER PRIMARY KEY, crop TEXT, country TEXT, stored INTEGER);
CREATE TABLE germination (accession_id INTEGER, year INTEGER, sown INTEGER, grown INTEGER);
"""

DECLINE = """
WITH tested AS (
    SELECT accession_id, year, 100.0 * grown / sown AS share,
           LAG(100.0 * grown / sown) OVER before AS earlier,
           year - LAG(year) OVER before AS gap,
           ROW_NUMBER() OVER (PARTITION BY accession_id ORDER BY year DESC) AS recent
    FROM germination
    WINDOW before AS (PARTITION BY accession_id ORDER BY year)
),
slope AS (
    SELECT accession_id, AVG((share - earlier) / gap) AS per_year,
           MAX(CASE WHEN recent = 1 THEN share END) AS latest
    FROM tested WHERE gap > 0 OR recent = 1 GROUP BY accession_id
)
SELECT a.crop, a.country, COUNT(*) AS kept, AVG(s.latest) AS latest,
       SUM(s.latest < 85 OR s.latest + 10 * s.per_year < 75) AS due
FROM accession a JOIN slope s ON s.accession_id = a.id
GROUP BY a.crop, a.country ORDER BY due DESC
"""

COHORTS = """
SELECT a.crop, (g.year - a.stored) / 5 AS age, AVG(100.0 * g.grown / g.sown) AS share,
       COUNT(DISTINCT a.id) AS accessions
FROM germination g JOIN accession a ON a.id = g.accession_id
GROUP BY a.crop, age ORDER BY a.crop, age
"""


def any_tests(accessions, rng):
    """Germination falls as a probit of age; a test sows fifty seeds every four to seven years."""
    stored = np.array([a[2] for a in accessions])
    number = np.arange(1, len(stored) + 1)
    half = rng.normal(45, 12, len(stored))
    year = stored + 1
    while (going := year < 2025).any():
        age = (year - stored)[going]
        share = 0.97 / (1 + np.exp((age - half[going]) / 6))
        grown = rng.binomial(50, share)
        yield from zip(number[going].tolist(), year[going].tolist(), itertools.repeat(50), grown.tolist())
        year = year + rng.integers(4, 8, len(year))


class Vault:
    def __init__(self, path):
        self.conn = sqlite3.connect(path)
        self.conn.execute("PRAGMA cache_size = -100000")
        self.conn.executescript(SCHEMA)

    def any_load(self, accessions, rng):
        with self.conn:
            self.conn.executemany("INSERT INTO accession (crop, country, stored) VALUES (?, ?, ?)", accessions)
            self.conn.executemany("INSERT INTO germination VALUES (?, ?, ?, ?)", any_tests(accessions, rng))
            self.conn.execute("CREATE INDEX by_accession ON germination (accession_id, year, sown, grown)")

    def due(self):
        return self.conn.execute(DECLINE).fetchall()

    def cohorts(self):
        ages = {}
        for crop, age, share, _ in self.conn.execute(COHORTS):
            ages.setdefault(crop, []).append((age * 5, share))
        return ages


def main():
    rng = np.random.default_rng(8)
    count = vary(130000)
    crops = rng.choice(["barley", "rice", "sorghum", "lentil", "teff", "quinoa"], count).tolist()
    countries = rng.choice([f"C{i:02d}" for i in range(40)], count).tolist()
    accessions = list(zip(crops, countries, rng.integers(1975, 2016, count).tolist()))
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder) / "vault.db")
        vault.any_load(accessions, rng)
        due = vault.due()
        ages = vault.cohorts()
        vault.conn.close()
    crop, country, kept, latest, count = due[0]
    print(f"most due: {crop} of {country}, {count} of {kept} at {latest:.1f} %; {len(ages)} crops followed")


main()
