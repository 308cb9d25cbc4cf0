"""The server half of the lab extension: runs, their scenes and their commands, for any page of this Jupyter server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_core.paths import jupyter_path

from ds_notebook.host import DRAWN_BY_LAB

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Jupyter's name for where an extension says what it is."""
    return [{"module": "ds_notebook.lab"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Jupyter's name for what is called once, when the server starts."""
    from ds_notebook.lab.routes import add_routes  # `jupyter server extension list` needs none of it

    add_routes(server)
    if any((Path(folder) / "ds-notebook").is_dir() for folder in jupyter_path("labextensions")):
        os.environ[DRAWN_BY_LAB] = "1"  # kernels inherit it: their pages draw from the record
