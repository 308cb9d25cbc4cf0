"""One real Jupyter server for all tests of the folder, with records inside and outside of its root."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.server import Server
from tests.record.python import ROOT


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, started with DS_RUNS outside its root; beside both lies a folder that it must never open."""
    base = tmp_path_factory.mktemp("lab").resolve()
    root, ds_runs, outside = base / "root", base / "elsewhere", base / "outside"
    for folder in (root, ds_runs, outside):
        folder.mkdir()
    port, log = _free_port(), base / "opened"
    command = [sys.executable, Path(__file__).with_name("serve.py"), root, str(port), outside, log]
    places = {f"JUPYTER_{name}_DIR": str(base / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | places | {"DS_RUNS": str(ds_runs), "PYTHONPATH": str(ROOT)}
    with (
        open(base / "log", "wb") as output,
        subprocess.Popen(command, env=environment, cwd=base, stdout=output, stderr=output) as process,
    ):
        try:
            _wait(port, process, base / "log")
            yield Server(port, root, ds_runs, outside, log)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


@pytest.fixture
def folder(server: Server, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a runs folder of this test's own in the server's root, where runs of the test go."""
    path = f"{request.node.name.partition('[')[0]}/ds_runs"
    (server.root / path).mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv("DS_RUNS", str(server.root / path))
    return path
