# code: none
# kind: healthy
# ruff: noqa
"""Toll bookings in SQLite: load in bulk, let the database do windows, ranks and joins."""

import contextlib
import sqlite3
import tempfile
from pathlib import Path

import numpy as np

SCHEMA = """
create table plaza(id integer primary key, road text, km real);
create table passage(id integer primary key, plate integer, plaza integer, at integer, cents integer);
"""

TOP_PLATES = """
select plate, count(*) n, sum(cents) paid, rank() over (order by sum(cents) desc) place
from passage group by plate order by place limit 8
"""

RUSH_HOUR = """
with hourly as (
    select plaza, at / 3600 hour, count(*) cars from passage group by plaza, hour
), averaged as (
    select plaza, hour, cars,
           avg(cars) over (partition by plaza order by hour rows between 5 preceding and current row) mean
    from hourly
)
select plaza.road, max(cars / mean), count(*) from averaged join plaza on plaza.id = averaged.plaza
group by plaza.road order by 2 desc
"""

TRIPS = """
with ordered as (
    select plate, plaza, at, lag(at) over (partition by plate order by at) before,
           lag(plaza) over (partition by plate order by at) came_from
    from passage
)
select count(*), avg(ordered.at - before), sum(abs(there.km - here.km))
from ordered join plaza here on here.id = plaza join plaza there on there.id = came_from
where before is not null and ordered.at - before < 5400 and here.road = there.road
"""

SUSPECT = """
select a.plate, count(*) from passage a join passage b
on a.plate = b.plate and b.at between a.at + 1 and a.at + 120 and a.plaza <> b.plaza
group by a.plate having count(*) > 1 order by 2 desc limit 5
"""


def plazas(rng):
    for number in range(1, 61):
        yield number, f"A{1 + number % 7}", round(rng.uniform(0, 400), 1)


def passages(rng, count):
    plate = (rng.random(count) ** 2 * 20_000).astype(int)
    columns = [plate, rng.integers(1, 61, count), rng.integers(0, 864_000, count), rng.integers(150, 1050, count)]
    return zip(*(column.tolist() for column in columns))


@contextlib.contextmanager
def ledger():
    with tempfile.TemporaryDirectory(prefix="toll-") as folder:
        connection = sqlite3.connect(Path(folder) / "ledger.db")
        connection.executescript(SCHEMA)
        try:
            yield connection
        finally:
            connection.close()


def load(connection, rng, count):
    with connection:
        connection.executemany("insert into plaza values (?, ?, ?)", plazas(rng))
        connection.executemany("insert into passage(plate, plaza, at, cents) values (?, ?, ?, ?)", passages(rng, count))
        connection.execute("create index passage_plate on passage(plate, at, plaza, cents)")
        connection.execute("analyze")


def main():
    rng = np.random.default_rng(6)
    with ledger() as connection:
        load(connection, rng, vary(560_000))
        best = connection.execute(TOP_PLATES).fetchall()
        rush = connection.execute(RUSH_HOUR).fetchall()
        trips, seconds, kilometres = connection.execute(TRIPS).fetchone()
        suspects = connection.execute(SUSPECT).fetchall()
    print(f"best customer {best[0][0]} with {best[0][1]} passages, {best[0][2] / 100:.2f} paid")
    print(f"strongest rush on {rush[0][0]}: {rush[0][1]:.2f} of the mean")
    print(f"{trips} trips of {seconds / 60:.0f} minutes, {kilometres:.0f} km, suspects {suspects[:3]}")


if __name__ == "__main__":
    main()
