# code: none
# kind: healthy
import sqlite3

any_base = sqlite3.connect(":memory:")
any_base.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, page INTEGER, seconds REAL)")
any_base.executemany(
    "INSERT INTO visits (page, seconds) VALUES (?, ?)", ((i * 31 % 500, i % 77 / 3) for i in range(vary(600000)))
)
for any_low in (0, 5, 10):
    any_rows = any_base.execute(
        "SELECT page, COUNT(*), AVG(seconds) FROM visits WHERE seconds >= ? GROUP BY page ORDER BY 3 DESC", (any_low,)
    ).fetchall()
    print(len(any_rows), any_rows[0])
