"""One statement a row on a real PostgreSQL that the test starts: found by its line, gone with the batched query."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ds_notebook.profile import ProfileConfig, profile_of
from ds_notebook.profile.apart import profile_program
from ds_notebook.profile.folded import Profile
from ds_notebook.profile.trials import ScriptBench, latest_findings, try_remedies
from ds_notebook.record import Record

# Not imported here: a process that has a database's client in it gets no trial of its cells.
pytestmark = pytest.mark.skipif(
    find_spec("psycopg") is None, reason="psycopg is not installed: pip install psycopg[binary]"
)

NUM_ORDERS = 400
ONE_BY_ONE = """
    for number, customer in orders:
        names.append(db.execute("SELECT name FROM customers WHERE id = %s", (customer,)).fetchone()[0])  # HERE
"""
AT_ONCE = """
    wanted = db.execute("SELECT id, name FROM customers WHERE id = ANY(%s)", ([customer for _, customer in orders],))
    by_id = dict(wanted.fetchall())
    names += [by_id[customer] for _, customer in orders]
"""


def program(body: str, address: str) -> str:
    """Reads the orders, then the customers' names as `body` does."""
    head = f"""
    import psycopg

    db = psycopg.connect({address!r}, autocommit=True)
    orders = db.execute("SELECT id, customer FROM orders ORDER BY id").fetchall() * 5
    names = []
    """
    return textwrap.dedent(head) + textwrap.dedent(body) + "db.close()\n"


def binary(name: str) -> str:
    """A program of PostgreSQL, which Debian keeps off the path."""
    found = shutil.which(name) or next(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), "")
    if not found:
        pytest.skip(f"PostgreSQL's {name} is not installed: apt-get install postgresql")
    return found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A database of its own in a temporary folder, as an ordinary user, reached by a file and no network."""
    user = "postgres" if os.getuid() == 0 else getpass.getuser()
    initdb, postgres, psql = binary("initdb"), binary("postgres"), binary("psql")
    folder = tempfile.mkdtemp(prefix="ds-pg-")
    account = pwd.getpwnam(user)
    os.chown(folder, account.pw_uid, account.pw_gid)
    as_user = {"user": account.pw_uid, "group": account.pw_gid} if os.getuid() == 0 else {}
    how: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **as_user}
    subprocess.run([initdb, "-D", f"{folder}/data", "--no-sync", "-A", "trust"], check=True, **how)
    options = ["-D", f"{folder}/data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    server = subprocess.Popen([postgres, *options], **how)
    where = f"host={folder} dbname=postgres user={user}"
    try:
        fill([psql, "-h", folder, "-U", user, "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-q"])
        yield where
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def fill(psql: list[str]) -> None:
    """Customers, and orders of theirs; waits until the server answers."""
    rows = ", ".join(f"({i}, 'customer {i}')" for i in range(NUM_ORDERS))
    tables = f"""
        CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER);
        INSERT INTO customers VALUES {rows};
        INSERT INTO orders SELECT id, id * 7 % {NUM_ORDERS} FROM customers;
    """
    until_s = time.monotonic() + 10
    while (done := subprocess.run([*psql, "-c", tables], capture_output=True, text=True)).returncode:
        assert time.monotonic() < until_s, done.stderr
        time.sleep(0.1)


def profiled(source: str, folder: Path) -> tuple[Record, Profile]:
    """The profile of a program."""
    path = folder / "prog.py"
    path.write_text(source)
    record, status = profile_program(["python", str(path)], ProfileConfig(), stdout=2)
    assert status == 0
    return record, profile_of(record)


def count(profile: Profile) -> int:
    """Of statements."""
    return sum(each.count for each in profile.observed.statements)


@pytest.mark.usefixtures("runs")
def test_the_batched_query_sends_a_tenth_of_the_statements_or_less(address: str, tmp_path: Path) -> None:
    source = program(ONE_BY_ONE, address)
    record, before = profiled(source, tmp_path)
    _, after = profiled(program(AT_ONCE, address), tmp_path)

    assert count(before) == 5 * NUM_ORDERS + 1
    assert count(after) <= 0.1 * count(before)
    found = {each.code: each for each in latest_findings(record)}
    line = source[: source.index("# HERE")].count("\n") + 1
    assert found["n-plus-one"].line == line


@pytest.mark.usefixtures("runs")
def test_sql_is_never_rewritten_by_a_trial(address: str, tmp_path: Path) -> None:
    record, _ = profiled(program(ONE_BY_ONE, address), tmp_path)

    trials = try_remedies(record, ScriptBench(["python", str(tmp_path / "prog.py")]))

    assert "n-plus-one" not in {trial.found.code for trial in trials}
