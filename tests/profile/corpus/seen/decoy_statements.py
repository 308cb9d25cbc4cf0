# code: n-plus-one
# kind: decoy
import sqlite3
import zlib

any_base = sqlite3.connect(":memory:")
any_base.execute("CREATE TABLE parts (id INTEGER PRIMARY KEY, body BLOB)")
any_base.executemany("INSERT INTO parts VALUES (?, ?)", ((i, bytes([i % 251]) * 60000) for i in range(120)))
any_sizes = {}
for any_round in range(vary(25)):
    for any_id in range(120):
        (any_body,) = any_base.execute("SELECT body FROM parts WHERE id = ?", (any_id,)).fetchone()
        any_sizes[any_id, any_round] = len(zlib.compress(any_body + bytes([any_round]), 9))
print(sum(any_sizes.values()))
