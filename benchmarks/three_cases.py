"""The three cases that are often quoted: a loop over numbers, a query for each row, JSON; each as a ratio.

    nice -n 5 python benchmarks/three_cases.py            # about a minute on a quiet machine

The loop is timed in a fresh process each time, with numba's compilation and the conversion of the lists inside (its
import apart). Statements are counted by SQLite itself. Serialization is encoding, decoding and one read of every field.
Process CPU beside the clock: a busy machine shows in the clock alone.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import msgspec
import numpy as np
import orjson

REPEATS = 5
LOOP_REPEATS = 3
NUM_PRICES, NUM_COUNTS = 60_000, 2500
NUM_ORDERS, ROUND_TRIP_S = 300, 0.002
NUM_EVENTS = 2000


# -- a loop over numbers


def crosses(prices, counts):
    """A total for each price: the loop as it is first written down."""
    features = []
    for price in prices:
        total = 0.0
        for count in counts:
            total += price * count if price > count else price - count
        features.append(total)
    return features


def crosses_compiled(prices, counts):
    """The same loop by numba, from lists: what `--fix` runs."""
    import numba

    return numba.njit(crosses)(np.asarray(prices), np.asarray(counts))


def crosses_by_arrays(prices, counts):
    """Row by row of an outer product that would not fit into the cache."""
    counts = np.asarray(counts)
    return [float(np.where(price > counts, price * counts, price - counts).sum()) for price in prices]


LOOPS = {"loop": crosses, "numba": crosses_compiled, "arrays": crosses_by_arrays}


def time_loop(name: str) -> dict[str, float]:
    """Wall and CPU seconds in this process, and a checksum."""
    import numba  # noqa: F401  # its import is paid once a process, and apart

    generator = np.random.default_rng(0)
    prices, counts = (generator.uniform(1, 100, n).tolist() for n in (NUM_PRICES, NUM_COUNTS))
    wall, cpu = time.perf_counter(), time.process_time()
    features = LOOPS[name](prices, counts)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "sum": float(np.asarray(features).sum()),
    }


def loop_rows() -> list[list[str]]:
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in LOOPS}
    for _ in range(LOOP_REPEATS):
        for name, done in runs.items():
            said = subprocess.run([sys.executable, __file__, "--loop", name], capture_output=True, check=True)
            done.append(json.loads(said.stdout))
    rows = []
    for name, done in runs.items():
        pairs = list(zip(runs["loop"], done, strict=True))
        factors = [[plain[clock] / run[clock] for plain, run in pairs] for clock in ("wall", "cpu")]
        equal = all(abs(run["sum"] - runs["loop"][0]["sum"]) <= 1e-9 * abs(run["sum"]) for run in done)
        seconds = median(run["wall"] for run in done)
        rows.append([name, f"{seconds:.2f} s", *(f"{median(each):.1f}x" for each in factors), "yes" if equal else "no"])
    return rows


# -- a query for each row


class Distant(sqlite3.Connection):
    """A connection whose statements take a round trip."""

    round_trip_s = 0.0

    def execute(self, *statement):
        if self.round_trip_s:  # a sleep of nothing gives the core away
            time.sleep(self.round_trip_s)
        return super().execute(*statement)


def shop(round_trip_s: float) -> Distant:
    db = sqlite3.connect(":memory:", factory=Distant)
    db.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
    db.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER)")
    db.executemany("INSERT INTO customers VALUES (?, ?)", [(i, f"customer {i}") for i in range(NUM_ORDERS)])
    db.executemany("INSERT INTO orders VALUES (?, ?)", [(i, i * 7 % NUM_ORDERS) for i in range(NUM_ORDERS)])
    db.round_trip_s = round_trip_s
    return db


def one_by_one(db):
    orders = db.execute("SELECT id, customer FROM orders ORDER BY id").fetchall()
    return [(i, *db.execute("SELECT name FROM customers WHERE id = ?", (c,)).fetchone()) for i, c in orders]


def at_once(db):
    return db.execute("SELECT o.id, name FROM orders o JOIN customers c ON c.id = customer ORDER BY o.id").fetchall()


def query_rows() -> list[list[str]]:
    rows = []
    for label, round_trip_s in (("in memory", 0.0), (f"{1000 * ROUND_TRIP_S:.0f} ms away", ROUND_TRIP_S)):
        counts, seconds, results = [], [], []
        for read in (one_by_one, at_once):
            db, seen = shop(round_trip_s), []
            db.set_trace_callback(seen.append)
            results.append(read(db))
            db.set_trace_callback(None)
            counts.append(len(seen))
            seconds.append(median(timed(lambda read=read, db=db: read(db)) for _ in range(REPEATS)))
            db.close()
        less = f"{1 - counts[1] / counts[0]:.1%}"
        equal = "yes" if results[0] == results[1] else "no"
        times = [f"{1000 * each:.1f} ms" for each in seconds]
        rows.append([label, *map(str, counts), less, *times, f"{seconds[0] / seconds[1]:.1f}x", equal])
    return rows


# -- JSON


class Event(msgspec.Struct):
    id: int
    user: str
    path: list[str]
    seconds: list[float]
    paid: bool


EVENTS = [
    {"id": i, "user": f"user {i % 97}", "path": ["home", str(i)], "seconds": [i / 7] * 20, "paid": i % 3 == 0}
    for i in range(NUM_EVENTS)
]


def read_all(events):
    """Every field once."""
    return sum(len(e["user"]) + len(e["path"]) + sum(e["seconds"]) + e["id"] + e["paid"] for e in events)


def read_typed(events):
    return sum(len(e.user) + len(e.path) + sum(e.seconds) + e.id + e.paid for e in events)


def protobuf_event():
    """A message class for the same fields, made here: no .proto file is compiled."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = {"id": (5, 1), "user": (9, 1), "path": (9, 3), "seconds": (1, 3), "paid": (8, 1)}
    file = descriptor_pb2.FileDescriptorProto(name="e.proto", package="e", syntax="proto3")
    message = file.message_type.add(name="Event")
    for number, (name, (kind, label)) in enumerate(kinds.items(), 1):
        message.field.add(name=name, number=number, type=kind, label=label)
    many = file.message_type.add(name="Events")
    many.field.add(name="events", number=1, type=11, type_name=".e.Event", label=3)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("e.Events"))


def by_protobuf(kind):
    def there_and_back():
        message = kind()
        for event in EVENTS:
            message.events.add(**event)
        back = kind()
        back.ParseFromString(message.SerializeToString())
        return read_typed(back.events)

    return there_and_back


def typed_json():
    objects = [Event(**event) for event in EVENTS]
    return read_typed(msgspec.json.decode(msgspec.json.encode(objects), type=list[Event]))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def encoding_rows() -> list[list[str]]:
    ways: dict[str, Callable[[], float]] = {
        "json": lambda: read_all(json.loads(json.dumps(EVENTS))),
        "orjson": lambda: read_all(orjson.loads(orjson.dumps(EVENTS))),
        "msgspec, JSON, typed": typed_json,
        "msgspec, MessagePack": lambda: read_all(msgspec.msgpack.decode(msgspec.msgpack.encode(EVENTS))),
        "Protocol Buffers": by_protobuf(protobuf_event()),
    }
    rounds = [{name: timed(way) for name, way in ways.items()} for _ in range(3 * REPEATS)]
    expected = ways["json"]()
    return [
        [
            name,
            f"{1000 * median(each[name] for each in rounds):.1f} ms",
            f"{1 - median(each[name] / each['json'] for each in rounds):.0%}",
            "yes" if abs(way() - expected) <= 1e-9 * expected else "no",
        ]
        for name, way in ways.items()
    ]


def table(title: str, head: list[str], rows: list[list[str]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loop", choices=LOOPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        print(json.dumps(time_loop(options.loop)))
        return
    table("A loop over numbers", ["", "time", "faster (clock)", "faster (CPU)", "equal"], loop_rows())
    head = ["database", "statements", "batched", "less", "time", "batched", "faster", "equal"]
    table("A query for each row", head, query_rows())
    table("JSON, with building and reading the objects", ["", "time", "less time", "equal"], encoding_rows())


if __name__ == "__main__":
    main()
