# code: n-plus-one
# kind: seeded
import sqlite3

any_base = sqlite3.connect(":memory:")
any_base.execute("CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT, country TEXT)")
any_base.execute("CREATE TABLE books (id INTEGER PRIMARY KEY, author INTEGER, title TEXT)")
any_authors = vary(4000)
any_base.executemany(
    "INSERT INTO authors VALUES (?, ?, ?)", ((i, f"name {i}", f"land {i % 40}") for i in range(any_authors))
)
any_base.executemany(
    "INSERT INTO books VALUES (?, ?, ?)", ((i, i * 7 % any_authors, f"title {i}") for i in range(vary(500000)))
)


def any_catalogue(any_limit):
    any_lines = []
    for any_author, any_title in any_base.execute("SELECT author, title FROM books LIMIT ?", (any_limit,)).fetchall():
        any_row = any_base.execute("SELECT name, country FROM authors WHERE id = ?", (any_author,)).fetchone()  # HERE
        any_lines.append((any_title, *any_row))
    return any_lines


print(len(any_catalogue(vary(400000))))
