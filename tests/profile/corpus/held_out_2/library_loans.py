# code: none
# kind: healthy
# ruff: noqa
"""Loans of a library: written to a database in one go, and asked for what lies idle and which books go together."""

import contextlib
import sqlite3

import numpy as np

any_TABLES = """
create table books (book integer primary key, shelf integer not null);
create table loans (reader integer not null, book integer not null, day integer not null);
"""

any_TOGETHER = """
select one.book, two.book, count(*) as times
from loans one join loans two on one.reader = two.reader and one.book < two.book
where one.day between ? and ?
group by one.book, two.book order by times desc, one.book, two.book limit 5
"""

any_IDLE = """
select shelf, count(*) from books left join (select book, max(day) as last from loans group by book) using (book)
where coalesce(last, 0) < ? group by shelf order by 2 desc, 1 limit 5
"""


class any_Library:
    def __init__(self, any_base):
        self.any_base = any_base
        self.any_base.executescript(any_TABLES)

    def any_load(self, any_books, any_loans):
        with self.any_base:
            self.any_base.executemany("insert into books values (?, ?)", any_books)
            self.any_base.executemany("insert into loans values (?, ?, ?)", any_loans)
            self.any_base.execute("create index loans_of on loans (reader, book, day)")

    def any_together(self, any_first, any_last):
        return self.any_base.execute(any_TOGETHER, (any_first, any_last)).fetchall()

    def any_idle(self, any_since):
        return self.any_base.execute(any_IDLE, (any_since,)).fetchall()


def any_drawn(any_books, any_readers, any_loans):
    any_rng = np.random.default_rng(27)
    any_shelves = enumerate(any_rng.integers(0, 60, any_books).tolist())
    any_popular = (any_rng.beta(0.7, 2.2, any_loans) * any_books).astype(int)
    any_columns = (any_rng.integers(0, any_readers, any_loans), any_popular, any_rng.integers(0, 365, any_loans))
    return any_shelves, zip(*(any_column.tolist() for any_column in any_columns))


def any_main():
    with contextlib.closing(sqlite3.connect(":memory:")) as any_base:
        any_library = any_Library(any_base)
        any_library.any_load(*any_drawn(4000, 9000, vary(220000)))
        print(any_library.any_idle(330))
        for any_first in range(0, 360, 90):
            print(any_first, any_library.any_together(any_first, any_first + 89))


if __name__ == "__main__":
    any_main()
