# code: disk-wait
# kind: seeded
# also: n-plus-one
# gain: 13.4
# ruff: noqa
"""Readings of electricity meters go into a small database as they come, with a table of what looked wrong."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

any_SCHEMA = """
create table readings (meter integer, hour integer, kilowatts real, primary key (meter, hour));
create table alarms (meter integer, hour integer, reason text);
"""


class any_Sink:
    """Where readings end; nothing is lost should the power go."""

    def __init__(self, any_path):
        self.any_base = sqlite3.connect(any_path, isolation_level=None)
        self.any_base.execute("pragma synchronous = full")
        self.any_base.executescript(any_SCHEMA)

    def any_put(self, any_table, *any_values):
        any_marks = ", ".join("?" * len(any_values))
        self.any_base.execute(f"insert into {any_table} values ({any_marks})", any_values)  # HERE

    def any_sum(self, any_table):
        return self.any_base.execute(f"select count(*) from {any_table}").fetchone()[0]

    def close(self):
        self.any_base.close()


def any_readings(any_meters, any_hours):
    any_rng = np.random.default_rng(18)
    any_daily = 0.6 + 0.5 * np.sin(np.arange(any_hours) * 2 * np.pi / 24)
    any_load = any_rng.gamma(4, 0.2, (any_meters, any_hours)) * any_daily
    any_load[any_rng.random(any_load.shape) < 0.01] = -1.0
    for any_hour in range(any_hours):
        for any_meter, any_value in enumerate(any_load[:, any_hour].tolist()):
            yield any_meter, any_hour, any_value


def any_reason(any_value):
    if any_value < 0:
        return "negative"
    return "too high" if any_value > 3.5 else None


def any_taken(any_sink, any_stream):
    for any_meter, any_hour, any_value in any_stream:
        any_sink.any_put("readings", any_meter, any_hour, any_value)  # HERE
        any_why = any_reason(any_value)
        if any_why:
            any_sink.any_put("alarms", any_meter, any_hour, any_why)


def any_main():
    with tempfile.TemporaryDirectory() as any_folder:
        with closing(any_Sink(Path(any_folder) / "meters.db")) as any_sink:
            any_taken(any_sink, any_readings(vary(50), vary(48)))
            print(any_sink.any_sum("readings"), "readings,", any_sink.any_sum("alarms"), "alarms")


if __name__ == "__main__":
    any_main()
