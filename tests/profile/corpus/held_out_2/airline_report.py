# code: none
# kind: healthy
# ruff: noqa
"""Delays of an airline: flights are loaded in one transaction, and the report asks for whole tables."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

any_SCHEMA = """
create table airports (id integer primary key, code text, region integer);
create table flights (id integer primary key, start integer, goal integer, day integer, late real, seats integer);
"""

any_BY_REGION = """
select airports.region, count(*), avg(late), sum(seats)
from flights join airports on airports.id = flights.start
group by airports.region order by 1
"""

any_WORST = """
with by_day as (
    select start, day, avg(late) as late, count(*) as many from flights group by start, day
), ranked as (
    select start, day, late, rank() over (partition by start order by late desc) as place from by_day where many > 3
)
select code, day, round(late, 1) from ranked join airports on airports.id = ranked.start
where place = 1 order by late desc limit 5
"""


class any_Base:
    def __init__(self, any_path):
        self.any_link = sqlite3.connect(any_path)
        self.any_link.executescript(any_SCHEMA)

    def any_load(self, any_airports, any_flights):
        with self.any_link:
            self.any_link.executemany("insert into airports values (?, ?, ?)", any_airports)
            self.any_link.executemany("insert into flights values (?, ?, ?, ?, ?, ?)", any_flights)

    def any_rows(self, any_text):
        return self.any_link.execute(any_text).fetchall()

    def close(self):
        self.any_link.close()


def any_airports(any_count):
    return [(any_key, f"X{any_key:03d}", any_key % 7) for any_key in range(any_count)]


def any_flights(any_count, any_places):
    any_rng = np.random.default_rng(34)
    any_columns = [
        np.arange(any_count),
        any_rng.integers(0, any_places, any_count),
        any_rng.integers(0, any_places, any_count),
        any_rng.integers(0, 365, any_count),
        any_rng.gamma(1.2, 14, any_count).round(1),
        any_rng.integers(80, 320, any_count),
    ]
    return zip(*(any_column.tolist() for any_column in any_columns))


def any_main():
    with tempfile.TemporaryDirectory() as any_folder:
        with closing(any_Base(Path(any_folder) / "flights.db")) as any_base:
            any_base.any_load(any_airports(150), any_flights(vary(900000), 150))
            for any_region, any_many, any_late, any_seats in any_base.any_rows(any_BY_REGION):
                print(any_region, any_many, round(any_late, 2), any_seats)
            print(any_base.any_rows(any_WORST))


if __name__ == "__main__":
    any_main()
