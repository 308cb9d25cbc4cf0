# code: n-plus-one
# kind: decoy
# gain: 1.02
# ruff: noqa
"""Audit a ledger: load postings, check balances and running sums in SQL, look up the names of the worst accounts."""

import sqlite3


class any_Ledger:
    def __init__(self, any_count):
        self.any_db = sqlite3.connect(":memory:")
        self.any_db.executescript(
            "CREATE TABLE account (number INTEGER, name TEXT);"
            "CREATE TABLE posting (id INTEGER PRIMARY KEY, account INTEGER, cents INTEGER);"
        )
        with self.any_db:
            self.any_db.executemany(
                "INSERT INTO account VALUES (?, ?)", ((i, "account " + str(i)) for i in range(2000))
            )
            self.any_db.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO posting SELECT i, i * 7919 % 2000, i * 104729 % 10007 - 5003 FROM n
                """,
                (any_count,),
            )

    def any_lowest(self):
        return self.any_db.execute(
            """
            SELECT account, MIN(running) AS low FROM (
                SELECT account, SUM(cents) OVER (PARTITION BY account ORDER BY id) AS running FROM posting
            ) GROUP BY account ORDER BY low LIMIT 600
            """
        ).fetchall()

    def any_name(self, any_account):
        return self.any_db.execute("SELECT name FROM account WHERE number = ?", (any_account,)).fetchone()[0]  # HERE


def any_main():
    any_ledger = any_Ledger(vary(1000000))
    any_worst = [(any_ledger.any_name(any_account), any_low) for any_account, any_low in any_ledger.any_lowest()]
    print(len(any_worst), "accounts below zero, first:", *any_worst[0])


any_main()
