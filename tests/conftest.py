"""What every test has: a runs folder of its own on request, and a look at what it leaves behind."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_NOT_OURS = {"PYTEST_CURRENT_TEST", "KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK", "TORCHINDUCTOR_CACHE_DIR"}
"""Variables that pytest, or a package when it is imported, sets for the rest of the process."""


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The runs folder of this test alone, not made yet."""
    folder = tmp_path / "ds_runs"
    monkeypatch.setenv("DS_RUNS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """Fails a test that leaves a process, a thread, a variable or a file in the working folder."""
    before = _traces()
    yield
    deadline = time.monotonic() + 0.5
    while (left := _traces() - before) and time.monotonic() < deadline:
        gc.collect()  # a run in a cycle ends when it is found
        time.sleep(0.01)
    assert not left, f"left behind: {', '.join(sorted(left))}"


def _traces() -> set[str]:
    threads = {
        f"thread {thread.name} ({thread.ident})"
        for thread in threading.enumerate()
        if not thread.daemon or thread.name.startswith("ds-")
    }
    variables = {f"variable {name}={value!r}" for name, value in os.environ.items() if name not in _NOT_OURS}
    files = {f"file {name}" for name in os.listdir() if not name.startswith(".")}
    return threads | variables | files | _children()


def _children() -> set[str]:
    """Child processes by number and name; multiprocessing's own tracker stays until the end, once it was needed."""
    found = set()
    for pid in (pid for task in Path("/proc/self/task").glob("*") for pid in _read(task / "children").split()):
        command = _read(Path("/proc", pid, "cmdline")).replace("\0", " ").strip()
        if "multiprocessing.resource_tracker" not in command:
            found.add(f"process {pid} {command or '(ended, not waited for)'}")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # a thread or process that has just ended, or another system than Linux
        return ""
