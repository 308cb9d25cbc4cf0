"""SIGKILL at any instant: the record opens, no line is half read, at most half a second of rows is lost."""

from __future__ import annotations

import datetime
import faulthandler
import os
import platform
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from ds_notebook.record import open_run
from tests.record.kill_writer import ENTRY
from tests.record.python import ROOT

MOST_STEPS = 4000
AT_ONCE = 2


class Killed(NamedTuple):
    """What a kill left."""

    opened: bool
    torn_read: int
    """Values in the record that were never logged: half a line taken for a whole one."""
    lost_s: float
    """Time between the first row that is not in the record and the kill."""


def test_twenty_kills_lose_at_most_half_a_second(tmp_path):
    killed = kill_many(tmp_path, 20, seed=0)

    assert [each for each in killed if not each.opened or each.torn_read or each.lost_s > 0.5] == []


@pytest.mark.soak
def test_a_thousand_kills_lose_at_most_half_a_second(tmp_path, capsys):
    faulthandler.cancel_dump_traceback_later()  # pytest's, for a test that hangs: this one takes minutes
    killed = kill_many(tmp_path, 1000, seed=1)
    with capsys.disabled():
        print("\n" + row(killed))

    assert [each for each in killed if not each.opened or each.torn_read or each.lost_s > 0.5] == []


def kill_many(folder: Path, count: int, seed: int) -> list[Killed]:
    lives = [random.Random(seed + number).uniform(0.0, 1.0) for number in range(count)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda number: kill_one(folder / str(number), lives[number]), range(count)))


def kill_one(folder: Path, life_s: float) -> Killed:
    """Start a writer, kill it `life_s` after its first row, compare its record with what it logged."""
    folder.mkdir()
    told = folder / "told"
    told.write_bytes(bytes(ENTRY.size * MOST_STEPS))
    command = [sys.executable, "-m", "tests.record.kill_writer", str(told)]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"DS_RUNS": str(folder / "runs")}) as writer:
        while not logged_at(told):
            assert writer.poll() is None
            time.sleep(0.005)
        time.sleep(life_s)  # the instant itself
        writer.kill()
        killed_at = time.monotonic()
    return what_is_left(folder, logged_at(told), killed_at)


def logged_at(told: Path) -> list[float]:
    """When each step was logged, as far as the writer came."""
    times = [entry for (entry,) in ENTRY.iter_unpack(told.read_bytes())]
    return times[: times.index(0.0)]


def what_is_left(folder: Path, logged: list[float], killed_at: float) -> Killed:
    (path,) = (entry for entry in (folder / "runs").iterdir() if entry.is_dir())
    record = open_run(path)
    steps, _, losses = record.columns().get("loss", ([], [], []))
    torn = sum(loss != step for step, loss in zip(steps, losses, strict=True))
    in_order = steps == list(range(len(steps))) and len(steps) <= len(logged) + 1  # killed before it could tell
    return Killed(
        opened=record.state == "lost" and in_order,
        torn_read=torn,
        lost_s=max(0.0, killed_at - logged[len(steps)]) if len(steps) < len(logged) else 0.0,
    )


def row(killed: list[Killed]) -> str:
    """A row of docs/soak.md."""
    opened, torn = sum(each.opened for each in killed), sum(each.torn_read for each in killed)
    result = (
        f"{opened:,} opened, {torn} torn lines read, at most {max(each.lost_s for each in killed):.2f} s of rows lost"
    )
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return f"| SIGKILL of a writer | {len(killed):,} | {result} | {datetime.date.today()} | {machine} |"
