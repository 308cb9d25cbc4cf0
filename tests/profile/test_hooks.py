"""What is counted beside the samples, in a real profile; and that nothing of it stays."""

from __future__ import annotations

import gc
import json
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from json import dumps
from pathlib import Path
from types import SimpleNamespace

import pytest
from numpy.polynomial.legendre import leggauss

import ds_notebook as ds
from ds_notebook.profile import profile_of
from ds_notebook.profile.capture.hooks.names import kind_of
from ds_notebook.profile.capture.hooks.schedstat import Threads
from ds_notebook.profile.capture.hooks.statements import Statements, shape
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.turn import wake_in_time
from ds_notebook.profile.observed import Observed


def observed(code: Callable[[], object]) -> Observed:
    with ds.profiled() as run:
        code()
    return profile_of(run.record).observed


def line_of(code: Callable[[], object], text: str) -> str:
    """The text of a frame in this file: the line of the function that has `text` in it."""
    import inspect

    lines, first = inspect.getsourcelines(code)
    line = first + next(i for i, line in enumerate(lines) if text in line)
    return f"{code.__qualname__} ({Path(__file__).relative_to(Path.cwd())}:{line})"


# -- SQL


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t WHERE id = 17 AND name = 'O''Hara'", "SELECT a FROM t WHERE id = ? AND name = ?"),
        ("SELECT a FROM t1 WHERE id IN (1, 2,3)", "SELECT a FROM t1 WHERE id IN (?)"),
        ("SELECT a FROM t\n  WHERE x > -1.5e3 AND y = %s", "SELECT a FROM t WHERE x > ? AND y = ?"),
        ("SELECT a::int FROM t WHERE id = :id", "SELECT a::int FROM t WHERE id = ?"),
        ("SELECT '" + "x" * 5000, "SELECT ?"),
        ('SELECT a FROM t WHERE b = "text" AND c IN ("x", "y")', "SELECT a FROM t WHERE b = ? AND c IN (?)"),
        ('SELECT "t"."a" FROM "t" ON "t"."b" = "u"."b"', 'SELECT "t"."a" FROM "t" ON "t"."b" = "u"."b"'),
        ('INSERT INTO t VALUES (1, "a"), (2, "b")', "INSERT INTO t VALUES (?), (?)"),
        ('SELECT a FROM t WHERE b = "' + "x" * 5000, "SELECT a FROM t WHERE b = ?"),
        (r"SELECT a FROM t WHERE b = 'it\'s' AND c = 1", "SELECT a FROM t WHERE b = ? AND c = ?"),
        ("SELECT $tag$it's$tag$, 0xFF", "SELECT ?, ?"),
        ("SELECT a /* for bob */ FROM t -- bob's secret", "SELECT a FROM t"),
        ("SELECT '-- a' FROM t", "SELECT ? FROM t"),
        ('SELECT lower("alice") FROM t WHERE a BETWEEN "b" AND "c"', "SELECT lower(?) FROM t WHERE a BETWEEN ? AND ?"),
        ('INSERT INTO t VALUES (?, "secret", f(?))', "INSERT INTO t VALUES (?, ?, f(?))"),
    ],
)
def test_a_statements_shape_has_no_value_in_it(sql: str, expected: str) -> None:
    assert shape(sql) == expected


@pytest.mark.parametrize("value", ["5", "?"])
def test_many_statements_of_one_kind_do_not_hide_another_from_the_same_line(value: str) -> None:
    counted = Statements(Places())
    for text in ["SELECT a FROM t WHERE b = "] * 60 + ["UPDATE t SET a = "] * 40:
        counted.add(text + value, sys._getframe(), 0.001, "any")

    assert [each.count for each in counted.all()] == [60, 40]


def test_statements_of_sqlite_are_counted_by_shape_and_line(runs: Path) -> None:
    def one_by_one() -> None:
        connection = sqlite3.connect(":memory:")
        connection.execute("create table users (id integer, name text)")
        connection.executemany("insert into users values (?, ?)", [(i, f"user {i}") for i in range(200)])
        for i in range(200):
            connection.execute("select name from users where id = ?", (i,)).fetchone()
        connection.close()

    found = observed(one_by_one).statements

    most = found[0]
    assert (most.shape, most.count) == ("select name from users where id = ?", 200)
    assert most.site == line_of(one_by_one, "select name")
    assert not any("insert" in each.shape for each in found), "many rows in one call are no fault"


def test_a_connection_that_was_open_before_is_counted_too_and_let_go_of(runs: Path) -> None:
    connection = sqlite3.connect(":memory:")

    def asks() -> None:
        for _ in range(12):
            connection.execute("select 1 + 1")

    found = observed(asks).statements
    connection.close()

    assert [(each.shape, each.count) for each in found] == [("select ? + ?", 12)]
    assert sqlite3.connect.__module__ == "_sqlite3" or not hasattr(sqlite3.connect, "__wrapped__")


def test_sqlalchemy_is_counted_once_and_timed(runs: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")

    def asks() -> None:
        engine = sqlalchemy.create_engine("sqlite://")
        with engine.connect() as connection:
            for i in range(20):
                connection.execute(sqlalchemy.text("select :i"), {"i": i})
        engine.dispose()

    found = observed(asks).statements

    assert [(each.count, each.site) for each in found if each.driver.startswith("sqlalchemy")] == [
        (20, line_of(asks, "sqlalchemy.text"))
    ]
    assert found[0].seconds > 0
    assert not any("select" in each.shape for each in found if each.driver == "sqlite3")


def test_a_driver_with_cursors_in_python_is_counted_and_put_back(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cursor:
        def execute(self, sql: str, values: object = None) -> None:
            time.sleep(0.001)

        def executemany(self, sql: str, rows: list[object]) -> None:
            for row in rows:
                self.execute(sql, row)

    monkeypatch.setitem(sys.modules, "pymysql.cursors", SimpleNamespace(Cursor=Cursor))
    before = dict(vars(Cursor))

    def asks() -> None:
        cursor = Cursor()
        cursor.executemany("insert into t values (%s)", [1, 2, 3])
        for i in range(15):
            cursor.execute("select a from t where id = %s", i)

    (found,) = observed(asks).statements

    assert (found.count, found.driver, found.site) == (15, "pymysql", line_of(asks, "select a"))
    assert found.seconds > 0.015
    assert dict(vars(Cursor)) == before


# -- serializers


def test_serializers_are_counted_with_seconds_and_bytes_by_line(runs: Path) -> None:
    rows = [{"id": i} for i in range(1000)]

    def encodes() -> None:
        for _ in range(4):
            dumps(rows)
            pickle.loads(pickle.dumps(rows))

    found = {each.function: each for each in observed(encodes).encodings}

    assert set(found) == {"json.dumps", "pickle.dumps", "pickle.loads"}
    assert found["json.dumps"].count == 4
    assert found["json.dumps"].size_bytes == 4 * len(dumps(rows))
    assert found["json.dumps"].site == line_of(encodes, "dumps(rows)")
    assert found["json.dumps"].seconds > 0


def test_serializers_are_themselves_again_after_an_error_too(runs: Path) -> None:
    before = (json.dumps, json.loads, pickle.dumps, dumps)

    with pytest.raises(ZeroDivisionError), ds.profiled():
        assert json.dumps is not before[0]
        print(1 / 0)

    assert (json.dumps, json.loads, pickle.dumps, dumps) == before


def test_messages_of_protocol_buffers_are_counted_and_put_back(runs: Path) -> None:
    protobuf = pytest.importorskip("google.protobuf.struct_pb2")
    names = ("SerializeToString", "ParseFromString", "FromString")
    before = [getattr(protobuf.Value, name) for name in names]

    def encodes() -> None:
        for _ in range(3):
            text = protobuf.Value(string_value="x" * 10).SerializeToString()
            assert protobuf.Value.FromString(text).string_value == "x" * 10

    found = {each.function: each for each in observed(encodes).encodings}

    assert found["protobuf.SerializeToString"].count == found["protobuf.FromString"].count == 3
    assert found["protobuf.SerializeToString"].size_bytes == 36
    assert [getattr(protobuf.Value, name) for name in names] == before


# -- the collector


def test_pauses_of_the_collector_are_counted_by_line(runs: Path) -> None:
    keep = [[i] for i in range(300_000)]

    def collects() -> None:
        for _ in range(5):
            gc.collect()

    found = observed(collects).gc

    assert found.collections >= 5 and found.seconds > 0.01
    assert found.by_line[line_of(collects, "gc.collect")] == pytest.approx(found.seconds, rel=0.5)
    assert found.objects is not None and found.objects > len(keep)


# -- calls with equal arguments, and types


def score(values: list[float], power: int) -> float:
    end, total = time.perf_counter() + 0.1, 0.0
    while time.perf_counter() < end:
        total += sum(value**power for value in values)
    return total


def repeats_of(code: Callable[[], object]) -> tuple[int, int, int]:
    found = {each.function.split(" ")[0]: each for each in observed(code).repeats}["score"]
    return found.calls, found.repeated, found.arguments


def test_calls_with_equal_arguments_are_told_apart_from_one_long_call(runs: Path) -> None:
    values = [1.0, 2.0]

    calls, repeated, arguments = repeats_of(lambda: [score(values, 2) for _ in range(5)])

    assert 3 <= calls <= 5  # on a busy machine one or two pass between two looks
    assert (repeated, arguments) == (calls - 1, 1)


def test_calls_with_other_arguments_are_no_repeats(runs: Path) -> None:
    calls, repeated, arguments = repeats_of(lambda: [score([float(i)], 2) for i in range(5)])

    assert 3 <= calls <= 5
    assert (repeated, arguments) == (0, calls)


def test_a_function_of_numpy_that_is_given_the_same_again_is_noted(runs: Path) -> None:
    found = observed(lambda: [leggauss(100) for _ in range(300)]).repeats

    (calls,) = [each for each in found if each.function.startswith("leggauss ")]
    assert calls.repeated >= 2 and calls.arguments == 1


def test_types_of_the_names_on_a_hot_line_are_noted(runs: Path) -> None:
    def adds() -> float:
        total, values = 0.0, [1.0] * 2000
        for _ in range(30_000):
            total += sum(values)
        return total

    found = observed(adds).types

    assert found[line_of(adds, "total += sum")] == {"total": "float", "values": "list[float] 2000"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [((1, 2.5), "tuple[int] 2"), ((3, ("cut", "add")), "tuple[object] 2"), ([1, "a"], "list[int] 2"), ((), "tuple 0")],
)
def test_a_tuple_of_numbers_is_told_from_a_record(value: object, expected: str) -> None:
    assert kind_of(value) == expected


def test_a_look_keeps_no_object_alive(runs: Path) -> None:
    import weakref

    class Large:
        pass

    def frees() -> bool:
        large = Large()
        ref = weakref.ref(large)
        end = time.perf_counter() + 0.5
        while time.perf_counter() < end:
            len(str(large))
        del large
        return ref() is None

    results: list[bool] = []
    observed(lambda: results.append(frees()))

    assert results == [True]


# -- the machine


def test_clocks_cores_and_memory_are_noted(runs: Path) -> None:
    kept: list[bytes] = []

    def takes() -> None:
        end = time.perf_counter() + 1.3
        while time.perf_counter() < end:
            if not kept and end - time.perf_counter() < 0.8:
                kept.append(b"x" * (64 << 20))

    found = observed(takes)

    assert found.wall_s == pytest.approx(1.3, abs=0.3)
    assert 0 < found.cpu_s <= found.wall_s * 1.5
    assert found.cores >= 0.1 and found.busy_threads >= 1
    assert found.memory[-1][1] - found.memory[0][1] > 32 << 20


def test_threads_that_have_ended_are_still_told(runs: Path) -> None:
    def computes() -> None:
        threads = [threading.Thread(target=zlib.compress, args=(bytes(200 << 20),)) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    found = observed(computes)

    assert found.busy_threads >= 2


def test_the_profiles_own_thread_is_none_of_the_programs() -> None:
    looked = threading.Event()

    def burns(first: Callable[[], object]) -> None:
        first()
        while not looked.is_set():
            pass

    threads = Threads("self")
    both = [threading.Thread(target=burns, args=(first,)) for first in (wake_in_time, int)]
    for each in both:
        each.start()
    time.sleep(0.3)
    threads.look()
    looked.set()
    for each in both:
        each.join()

    assert threads.num_busy(0.03) == 1


def test_processes_below_this_one_are_told_with_their_busy_threads(runs: Path) -> None:
    hashing = """
import hashlib, threading, time
data = bytes(1 << 22)
def work():
    while time.thread_time() < 0.6:  # both are seen at work, also where other work takes a core for a while
        hashlib.sha256(data)
threads = [threading.Thread(target=work) for _ in range(2)]
[each.start() for each in threads]
[each.join() for each in threads]
"""
    found = observed(lambda: subprocess.run([sys.executable, "-c", hashing], check=True))

    (process,) = found.processes
    assert process.cpu_s > 0.2 and process.busy_threads >= 2


def test_growth_is_told_by_line_only_where_asked_for(runs: Path) -> None:
    kept: list[bytes] = []

    def grows() -> None:
        for _ in range(10):
            kept.append(bytes(1 << 20))

    with ds.profiled(memory=True) as run:
        grows()

    site, size = profile_of(run.record).observed.growth_by_line[0]
    assert site.endswith(line_of(grows, "kept.append").split(" ")[-1]) and size >= 10 << 20
    assert observed(grows).growth_by_line == []


def test_steps_of_loops_are_counted(runs: Path) -> None:
    def loops() -> None:
        with ds.start_run("loop") as run:
            for _ in run.steps(range(7)):
                pass

    assert observed(loops).num_steps == 7


# -- nothing is left


def test_nothing_is_left_behind(runs: Path) -> None:
    before = (list(sys.meta_path), list(gc.callbacks), sqlite3.connect, sys.getprofile(), sys.gettrace())

    observed(lambda: time.sleep(0.05))

    assert (list(sys.meta_path), list(gc.callbacks), sqlite3.connect, sys.getprofile(), sys.gettrace()) == before


def test_a_library_that_is_imported_meanwhile_is_counted(runs: Path, tmp_path: Path) -> None:
    from ds_notebook.profile.apart import profile_program
    from ds_notebook.profile.config import ProfileConfig

    program = tmp_path / "prog.py"
    program.write_text(
        "import sqlite3\n"
        "connection = sqlite3.connect(':memory:')\n"
        "for i in range(30):\n"
        "    connection.execute('select ?', (i,))\n"
        "assert type(sqlite3.__spec__.loader).__name__ == 'SourceFileLoader'\n"
    )

    record, status = profile_program(["python", str(program)], ProfileConfig())

    (found,) = profile_of(record).observed.statements
    assert (status, found.count, found.site) == (0, 30, f"<module> ({program}:4)")
