# code: none
# kind: healthy
# ruff: noqa
"""Take in a day of access lines: parse, load into SQLite in one transaction, report by SQL, pack the raw files."""

import lzma
import random
import re
import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

any_LINE = re.compile(r"(\S+) (\S+) /(\w+)/(\d+) (\d{3}) (\d+)")


def any_make_file(any_path, any_seed, any_lines):
    any_rng = random.Random(any_seed)
    any_kinds = ("basket", "search", "item", "login")
    any_path.write_text(
        "\n".join(
            "10.0.0.%d GET /%s/%d 200 %d" % (n % 251, any_kinds[n % 4], n * 7919 % 5003, n % 900)
            for n in any_rng.sample(range(10**6), any_lines)
        )
    )


def any_pack(any_path):
    return len(lzma.compress(any_path.read_bytes(), preset=6))


def any_rows(any_paths):
    for any_path in any_paths:
        yield from any_LINE.findall(any_path.read_text())


def any_report(any_db):
    return any_db.execute(
        """
        SELECT kind, COUNT(*), AVG(ms), MAX(slot) FROM (
            SELECT kind, CAST(ms AS REAL) AS ms, NTILE(100) OVER (PARTITION BY kind ORDER BY CAST(ms AS REAL), host) AS slot
            FROM hit
        ) GROUP BY kind ORDER BY kind
        """
    ).fetchall()


def any_day(any_folder, any_lines):
    any_paths = [any_folder / ("part" + str(i) + ".log") for i in range(4)]
    for any_number, any_path in enumerate(any_paths):
        any_make_file(any_path, any_number, any_lines)
    any_db = sqlite3.connect(any_folder / "day.db")
    any_db.execute("CREATE TABLE hit (host, verb, kind, number, status, ms)")
    with any_db:
        any_db.executemany("INSERT INTO hit VALUES (?, ?, ?, ?, ?, ?)", any_rows(any_paths))
    for any_line in any_report(any_db):
        print(*any_line)
    any_db.close()
    with ThreadPoolExecutor(2) as any_pool:  # lzma lets go of the lock while it packs
        print("packed", sum(any_pool.map(any_pack, any_paths)) // 1000, "kB")


any_place = Path(tempfile.mkdtemp())
try:
    any_day(any_place, vary(45000))
finally:
    shutil.rmtree(any_place)
