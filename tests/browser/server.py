"""A JupyterLab of a test's own: started in a fresh folder, asked until it answers, ended with all that it started."""

from __future__ import annotations

import contextlib
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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.record.python import ROOT

EXTENSION = ROOT / "labextension"
START_S, END_S = 60, 20
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


@dataclass(frozen=True, kw_only=True)
class Box:
    """The folder that all of a server lies in, and how it is started; starting it again finds what was there."""

    folder: Path
    app: str = "jupyterlab"
    """The Python module of the server: `jupyterlab` or `notebook`."""
    python: str = sys.executable
    prefix: Sequence[str] = ()
    """Words before the command, of a launcher that limits it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    packages: Sequence[str] = ()
    """Folders that are searched for packages before the environment's."""
    of_checkout: bool = True
    """Whether the code of this checkout is served, rather than what is installed beside `python`."""
    disabled: Sequence[str] = ()
    """JupyterLab extensions that its pages do without."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """JupyterLab's settings by `package:plugin`."""

    @property
    def root(self) -> Path:
        """What the server shows."""
        return self.folder / "root"

    def prepare(self) -> None:
        """Settings, and the extension and its server half where the server will look."""
        if self.root.is_dir():
            return
        self.root.mkdir(parents=True)
        if self.of_checkout:
            self._link_checkout()
        page = self.folder / "config" / "labconfig" / "page_config.json"
        page.parent.mkdir(parents=True)
        page.write_text(json.dumps({"disabledExtensions": {name: True for name in self.disabled}}))
        for plugin, values in {**QUIET, **self.settings}.items():
            package, _, name = plugin.partition(":")
            place = self.folder / "settings" / package / f"{name}.jupyterlab-settings"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(values))

    def _link_checkout(self) -> None:
        extensions, enabled = self.folder / "data" / "labextensions", self.folder / "config" / "jupyter_server_config.d"
        extensions.mkdir(parents=True)
        enabled.mkdir(parents=True)
        (extensions / "ds-notebook").symlink_to(EXTENSION / "dist")
        shutil.copy(EXTENSION / "server-config" / "ds-notebook.json", enabled)

    def command(self, port: int, token: str) -> list[str]:
        """What starts the server."""
        return [
            *self.prefix,
            *(self.python, "-m", self.app, "--allow-root", "--no-browser", f"--port={port}"),
            *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={self.root}"),
            *("--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"),
            *(("--JupyterNotebookApp.expose_app_in_browser=True",) if self.app == "notebook" else ()),
        ]

    def variables(self) -> dict[str, str]:
        """This process's environment, with every folder of Jupyter's in the box."""
        folders = {
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
        }
        mine = {name: str(self.folder / each) for name, each in folders.items()}
        checkout = [str(ROOT), str(ROOT / "magics")] if self.of_checkout else []
        mine["DS_SCHEDULER"] = str(self.folder / "scheduler")
        mine["PYTHONPATH"] = os.pathsep.join([*checkout, *self.packages])
        kept = {name: value for name, value in os.environ.items() if name != "DS_RUNS"}
        return kept | mine | dict(self.environment)


@contextlib.contextmanager
def running(box: Box) -> Iterator[dict[str, str]]:
    """Starts the server; gives its address, token, root and process number, and ends it and its kernels."""
    box.prepare()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    with open(box.folder / "server.log", "ab") as log:
        server = subprocess.Popen(
            box.command(port, token),
            env=box.variables(),
            stdout=log,
            stderr=log,
            cwd=box.root,
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )
    base = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(f"{base}api/status?token={token}", server, box.folder / "server.log")
        yield {"base": base, "token": token, "root": str(box.root), "server": str(server.pid)}
    finally:
        _end(server)


def _hear_interrupts() -> None:
    """A test run that was started with `&` ignores SIGINT, and so would kernels: Interrupt must reach them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has died, which is a journey's business
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(END_S)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(END_S)


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
