"""A Jupyter server with the extension, as a process: `python serve.py ROOT PORT OUTSIDE LOG`.

Each path below OUTSIDE that the process opens or lists is written to LOG.
"""

from __future__ import annotations

import os
import sys

TOKEN = "a-token-for-tests"
BASE_URL = "/user/a+b/"
"""As under a JupyterHub."""
EXTENSIONS = {"ds_notebook.lab": True} | dict.fromkeys(
    ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim"), False
)
"""This one alone: the server is there in half the time."""


def _watch(outside: str, log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("open", "os.listdir", "os.scandir", "shutil.rmtree", "os.remove"):
            place = os.path.realpath(os.fsdecode(arguments[0])) if isinstance(arguments[0], (str, bytes)) else ""
            if place.startswith(outside):
                os.write(file, f"{event} {place}\n".encode())

    sys.addaudithook(hook)


if __name__ == "__main__":
    root, port, outside, log = sys.argv[1:]
    from jupyter_server.auth import Authorizer
    from jupyter_server.serverapp import ServerApp

    class Choosy(Authorizer):
        """Refuses what the request itself says is to be refused."""

        def is_authorized(self, handler, user, action, resource):
            return handler.request.headers.get("X-Refused") != f"{action} {resource}"

    _watch(outside, log)
    server = ServerApp.instance(authorizer_class=Choosy)
    server.initialize(
        [
            f"--ServerApp.root_dir={root}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.ip=127.0.0.1",
            "--no-browser",
            "--allow-root",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.base_url={BASE_URL}",
            f"--ServerApp.jpserver_extensions={EXTENSIONS}",
            "--MappingKernelManager.cull_idle_timeout=1200",
            "--ServerApp.shutdown_no_activity_timeout=3600",
        ]
    )
    server.start()
