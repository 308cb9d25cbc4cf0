# code: n-plus-one
# kind: seeded
# gain: 2.1
# ruff: noqa
"""Which customers get which reminder: small records over a database of invoices, filled in as they are read."""

import sqlite3
from collections import Counter

import numpy as np

any_SCHEMA = """
create table customers (id integer primary key, name text, region integer);
create table invoices (id integer primary key, customer integer, day integer, amount real, paid real);
create index invoices_of on invoices (customer);
"""


class any_Customer:
    """One customer; what it owes is looked up when asked for."""

    def __init__(self, any_store, any_row):
        self.any_store = any_store
        self.any_key, self.any_name, self.any_region = any_row

    @property
    def any_balance(self):
        any_asked = "select sum(amount - paid), min(day) from invoices where customer = ? and paid < amount"
        return self.any_store.any_one(any_asked, self.any_key)  # HERE

    @property
    def any_stage(self):
        any_owed, any_oldest = self.any_balance
        if any_owed is None or any_owed < 20:
            return "none"
        return "court" if any_oldest < 40 else "second" if any_oldest < 150 else "first"


class any_Store:
    def __init__(self):
        self.any_base = sqlite3.connect(":memory:")
        self.any_base.executescript(any_SCHEMA)

    def any_fill(self, any_customers, any_invoices):
        any_rng = np.random.default_rng(23)
        any_names = [(any_key, f"customer {any_key}", any_key % 16) for any_key in range(any_customers)]
        any_amounts = any_rng.gamma(2, 60, any_invoices).round(2)
        any_paid = np.where(any_rng.random(any_invoices) < 0.7, any_amounts, 0.0)
        any_owners = any_rng.integers(0, any_customers, any_invoices)
        any_days = any_rng.integers(0, 365, any_invoices)
        any_columns = (any_owners.tolist(), any_days.tolist(), any_amounts.tolist(), any_paid.tolist())
        with self.any_base:
            self.any_base.executemany("insert into customers values (?, ?, ?)", any_names)
            self.any_base.executemany("insert into invoices values (null, ?, ?, ?, ?)", zip(*any_columns))

    def any_one(self, any_asked, *any_values):
        return self.any_base.execute(any_asked, any_values).fetchone()  # HERE

    def any_customers(self):
        for any_row in self.any_base.execute("select id, name, region from customers order by id"):
            yield any_Customer(self, any_row)


def any_letters(any_store):
    any_counts = Counter((any_one.any_region, any_one.any_stage) for any_one in any_store.any_customers())  # HERE
    return sorted(any_counts.items())


def any_main():
    any_store = any_Store()
    any_store.any_fill(vary(160000), vary(400000))
    for (any_region, any_stage), any_count in any_letters(any_store):
        if any_stage == "court":
            print(any_region, any_stage, any_count)


if __name__ == "__main__":
    any_main()
