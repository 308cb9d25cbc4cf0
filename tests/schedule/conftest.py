"""A scheduler's folder of its own for each test, and the end of every process that came from it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SchedulerConfig

QUICK = SchedulerConfig(grace_s=0.3)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder, not made yet; whatever process knows it is gone after the test."""
    folder = tmp_path / "scheduler"
    monkeypatch.setenv("DS_SCHEDULER", str(folder))
    monkeypatch.setenv("DS_RUNS", str(tmp_path / "ds_runs"))
    yield folder
    end_all_of(folder)


@pytest.fixture
def schedule(home: Path) -> Schedule:
    """A scheduler that is running."""
    schedule = Schedule()
    schedule.start(QUICK)
    return schedule


def processes_of(folder: Path) -> list[int]:
    """Scheduler, wrappers and jobs of that folder: it is in the environment of each."""
    mark = f"DS_SCHEDULER={folder}".encode()
    return [pid for pid in others() if mark in environment_of(pid)]


def end_all_of(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
        time.sleep(0.02)
    assert not left


def others() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal() and int(name) != os.getpid()]


def environment_of(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
