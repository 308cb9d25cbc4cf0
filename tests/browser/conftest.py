"""A JupyterLab of this test run's own, and a way to send a browser through it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest

from tests.record.python import ROOT

HERE = Path(__file__).parent
EXTENSION = ROOT / "labextension"
SHOTS = Path(os.environ.get("DS_SCREENSHOTS", ROOT / "tests" / "browser" / "screenshots"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
START_S, JOURNEY_S = 60, 150

LOOP = """\
%load_ext ds_notebook
import time
import ds_notebook as ds

lr = 0.01
with ds.start_run({name!r}, total_steps={steps}) as run:
    for step in run.steps(range({steps})):
        for command in run.poll():
            lr = getattr(command, "value", lr)
            run.answer(command)
        time.sleep(0.1)
        run.log(loss=2 / (step + 1), lr=lr)
"""
"""Ten steps a second, as a loop of one's own."""

Journey = Callable[[str], None]


def missing() -> str:
    """Why no browser can be sent through a JupyterLab here; empty if it can."""
    if find_spec("jupyterlab") is None or find_spec("ds_notebook.lab") is None:
        return "JupyterLab and the server half are needed: pip install 'ds-notebook[notebook]'."
    if CHROMIUM is None:
        return "Chromium is needed: apt install chromium."
    if shutil.which("node") is None or not (EXTENSION / "node_modules" / "playwright-core").is_dir():
        return "Node and the extension's packages are needed: cd labextension && npm ci."
    if not (EXTENSION / "dist" / "package.json").is_file():
        return "The extension is not built: cd labextension && npm run build."
    return ""


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells, not run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)], metadata=kernel), path)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Address, token and root folder of a running JupyterLab; all that it keeps lies in a fresh folder."""
    if reason := missing():
        pytest.skip(reason)
    box = tmp_path_factory.mktemp("lab")
    root = box / "root"
    root.mkdir()
    SHOTS.mkdir(parents=True, exist_ok=True)
    _install(box / "data", box / "config")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    with open(box / "server.log", "wb") as log:
        server = subprocess.Popen(
            _command(port, token, root), env=_environment(box), stdout=log, stderr=log, cwd=root, start_new_session=True
        )
    try:
        base = f"http://127.0.0.1:{port}/"
        _wait_for(f"{base}api/status?token={token}", server, box / "server.log")
        yield {"base": base, "token": token, "root": str(root), "shots": str(SHOTS), "executablePath": CHROMIUM or ""}
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


@pytest.fixture
def journey(lab: dict[str, str]) -> Journey:
    """Sends a browser on a journey of journeys/; fails with what it printed."""

    def run(name: str) -> None:
        done = subprocess.run(
            ["node", "run.mjs", name],
            cwd=HERE,
            env=os.environ | {"DS_JOURNEY": json.dumps(lab)},
            capture_output=True,
            text=True,
            timeout=JOURNEY_S,
        )
        print(done.stdout)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def _install(data: Path, config: Path) -> None:
    """The extension as it is built in this checkout, and its server half, where the server will look."""
    extensions = data / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "ds-notebook").symlink_to(EXTENSION / "dist")
    enabled = config / "jupyter_server_config.d"
    enabled.mkdir(parents=True)
    shutil.copy(EXTENSION / "server-config" / "ds-notebook.json", enabled)
    quiet = box_settings(data.parent) / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')


def box_settings(box: Path) -> Path:
    """Where the server keeps the user's settings."""
    return box / "settings"


def _command(port: int, token: str, root: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"),
    ]


def _environment(box: Path) -> dict[str, str]:
    mine = {
        "JUPYTERLAB_SETTINGS_DIR": box_settings(box),
        "JUPYTERLAB_WORKSPACES_DIR": box / "workspaces",
        "JUPYTER_CONFIG_DIR": box / "config",
        "JUPYTER_DATA_DIR": box / "data",
        "JUPYTER_RUNTIME_DIR": box / "runtime",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ("DS_RUNS", "PYTHONPATH")}
    return kept | {name: str(path) for name, path in mine.items()}


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"JupyterLab did not start within {START_S} s:\n{log.read_text()}")
