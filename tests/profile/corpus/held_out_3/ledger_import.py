# code: none
# kind: healthy
# ruff: noqa
"""Nightly import of bank movements into SQLite, with the balances and checks made by SQL."""

import contextlib
import csv
import os
import random
import shutil
import sqlite3
import tempfile

SCHEMA = """
create table account (id integer primary key, iban text not null, opened integer not null);
create table movement (
    id integer primary key, account integer not null, day integer not null,
    cents integer not null, purpose text not null
);
"""

BALANCES = """
select account, day, sum(cents) over (partition by account order by day, id) as balance
from movement
"""

MONTHS = """
with daily as (select account, day / 30 as month, sum(cents) as cents from movement group by 1, 2)
select month, count(*), sum(cents), max(cents), min(cents) from daily group by month order by month
"""

DOUBLES = """
select a.id, b.id from movement a join movement b
  on b.account = a.account and b.day = a.day and b.cents = a.cents and b.id > a.id
where a.purpose = b.purpose
"""


def any_accounts(count):
    for number in range(count):
        yield number, f"DE{number * 7919 % 97:02d}{number:018d}", number % 365


def any_movements(count, accounts, seed):
    rng = random.Random(seed)
    purposes = [f"transfer {n}" for n in range(250)]
    uniform = rng.random
    for number in range(count):
        yield (
            number,
            int(uniform() * accounts),
            int(uniform() * 365),
            int((uniform() - 0.45) * 90_000),
            purposes[int(uniform() * 250)],
        )


def any_import(connection, accounts, movements):
    connection.execute("pragma cache_size = -100000")
    connection.executescript(SCHEMA)
    with connection:
        connection.executemany("insert into account values (?, ?, ?)", accounts)
        connection.executemany("insert into movement values (?, ?, ?, ?, ?)", movements)
        connection.execute("create index by_account on movement (account, day, cents)")


def any_overdrawn(connection, limit):
    query = f"select account, min(balance) from ({BALANCES}) group by account having min(balance) < ?"
    return connection.execute(query, (limit,)).fetchall()


def any_write(path, header, rows):
    with open(path, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header)
        writer.writerows(rows)
    return os.path.getsize(path)


def main():
    folder = tempfile.mkdtemp()
    try:
        with contextlib.closing(sqlite3.connect(os.path.join(folder, "ledger.db"))) as connection:
            accounts = vary(5000)
            any_import(connection, any_accounts(accounts), any_movements(vary(450000), accounts, seed=51))
            overdrawn = any_overdrawn(connection, -400_000)
            months = connection.execute(MONTHS).fetchall()
            doubles = connection.execute(DOUBLES).fetchall()
            named = connection.execute(
                "select iban, sum(cents) from account join movement on account = account.id group by account.id"
            )
            size = any_write(os.path.join(folder, "balances.csv"), ["iban", "cents"], named)
        print(f"{len(overdrawn)} overdrawn, {len(doubles)} doubled, {len(months)} months, {size} bytes")
    finally:
        shutil.rmtree(folder)


main()
