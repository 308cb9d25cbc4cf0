"""Trials in forks of this process, as of a kernel: what the user holds is never touched."""

from __future__ import annotations

import mmap
import multiprocessing
import socket
import sqlite3
import textwrap
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from ds_notebook.profile.observed import Observed
from ds_notebook.profile.trials.forked import ForkBench
from ds_notebook.profile.trials.said import verdict
from ds_notebook.profile.trials.trial import Trial, trials
from tests.profile.trials.conftest import found_in, profile_with

CELL = "/tmp/ipykernel_1/7.py"
PATTERNS = """
import re
hits = 0
for _ in range(10):
    for number in range(600):
        hits += len(re.findall(f"(a|b)[0-9]*x{number}", "ax599"))  # HERE
"""


def in_fork(
    source: str, namespace: dict[str, Any], code: str = "regex-compile", wall_s: float = 0.0, **about: Any
) -> Trial:
    """The trial of a remedy on a cell that runs in `namespace`."""
    source = textwrap.dedent(source)
    bench = ForkBench(source, CELL, namespace)
    found = found_in(source, "<cell>", code, **about)
    (trial,) = trials([found], profile_with(source, "<cell>", Observed(wall_s=wall_s)), bench, patience_s=0)
    return trial


def test_a_cell_runs_again_in_a_copy_of_its_namespace() -> None:
    namespace = {"held": [1, 2, 3]}

    trial = in_fork(PATTERNS + "held.append(hits)\nlen(held)\n", namespace)

    assert verdict(trial) == "faster"
    assert trial.equal and {"held", "hits", "the value of its last line"} <= set(trial.compared)
    assert namespace == {"held": [1, 2, 3]}


def test_a_cell_that_finds_its_work_done_is_not_tried() -> None:
    trial = in_fork("import re\nfor line in lines:\n    re.findall('a', line)  # HERE", {"lines": iter([])}, wall_s=1.0)

    assert trial.not_tried.endswith("s instead of 1: it finds its work done by the first run")


def test_a_file_that_the_user_has_open_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("w") as log:
        log.write("before ")
        log.flush()
        trial = in_fork("log.write('from the trial')\nlog.flush()  # HERE", {"log": log})
        log.write("after")

    assert trial.not_tried.startswith("it does what a copy may not")
    assert path.read_text() == "before after"


def test_a_connection_that_the_user_has_open_is_not_spoken_through() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        trial = in_fork("ours.send(b'from the trial')  # HERE", {"ours": ours})
        ours.send(b"after")

        assert theirs.recv(100) == b"after"
    assert trial.not_tried


@pytest.mark.parametrize("line", ["queue.put('from the trial')", "queue.get()"])
def test_a_queue_between_processes_is_neither_written_to_nor_read_from(line: str) -> None:
    queue = multiprocessing.get_context("fork").SimpleQueue()
    queue.put("mine")

    in_fork(f"{line}  # HERE", {"queue": queue})

    assert (queue.get(), queue.empty()) == ("mine", True)
    queue.close()


def test_memory_that_is_a_file_keeps_a_cell_from_being_tried(tmp_path: Path) -> None:
    path = tmp_path / "numbers.bin"
    path.write_bytes(bytes(4096))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 4096) as numbers:
        trial = in_fork("numbers[0] = 1  # HERE", {"numbers": numbers})

    assert trial.not_tried == f"{path} is mapped into memory for writing"
    assert path.read_bytes() == bytes(4096)


def test_a_database_in_a_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (a)")
    connection.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(100)])
    connection.commit()

    trial = in_fork("total = sum(a for (a,) in db.execute('SELECT a FROM t'))  # HERE", {"db": connection})

    connection.close()
    assert trial.equal and "total" in trial.compared


def test_a_cell_that_hangs_is_killed() -> None:
    source = "import time\ntime.sleep(600)  # HERE"
    profile = profile_with(source, "<cell>")
    profile.observed.wall_s = -3.0  # a limit of one second

    (trial,) = trials([found_in(source, "<cell>", "regex-compile")], profile, ForkBench(source, CELL, {}))

    assert trial.not_tried == "it had not ended after 1 s"


@pytest.mark.parametrize("name", ["slow", "kept"])
def test_a_function_of_another_file_is_replaced_in_the_copy_alone(name: str, tmp_path: Path) -> None:
    source = (
        "def slow(n):\n    total = 0.0\n    for i in range(n):\n        total += i * 0.5  # HERE\n    return total\n"
    )
    place = tmp_path / "helper.py"
    helper: dict[str, Any] = {"__name__": "helper"}
    exec(compile(source, str(place), "exec"), helper)
    slow: FunctionType = helper["slow"]
    code = slow.__code__
    cell = f"result = [{name}(1000 + n % 2) for n in range(200)]"
    rule = {"slow": "python-loop", "kept": "recompute"}[name]
    found = found_in(source, str(place), rule, inside="slow", function=f"slow ({place}:1)")

    profile = profile_with(source, str(place), Observed(wall_s=0.0))
    (trial,) = trials([found], profile, ForkBench(cell, CELL, {name: slow}), patience_s=0)

    assert verdict(trial) in ("faster", "no faster") and trial.equal
    assert slow.__code__ is code
