"""Which address is answered by which handler."""

from __future__ import annotations

import os
import re

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join

from ds_notebook.lab import handlers
from ds_notebook.lab.follow import FollowSocket
from ds_notebook.lab.paths import Places
from ds_notebook.lab.service import Service
from ds_notebook.schedule.home import home_folder

API = "ds-notebook/api"

ROUTES = (
    ("host", handlers.HostHandler),
    ("runs", handlers.RunsHandler),
    ("runs/(.+)/scene", handlers.SceneHandler),
    ("runs/(.+)/commands", handlers.CommandsHandler),
    ("runs/(.+)/page", handlers.PageHandler),
    ("runs/(.+)/speedscope", handlers.SpeedscopeHandler),
    ("runs/(.+)", handlers.RunHandler),
    ("compare", handlers.CompareHandler),
    ("openapi.json", handlers.DescriptionHandler),
    ("follow", FollowSocket),
)


def add_routes(server: ServerApp) -> None:
    """Answer the front end's requests on `server`."""
    service = Service(Places.of(server.root_dir, os.environ.get("DS_RUNS"), home_folder()))
    base = re.escape(url_path_join(server.base_url, API))
    shared = {"service": service}
    rules = [(url_path_join(base, path), handler, shared) for path, handler in ROUTES]
    server.web_app.add_handlers(".*$", rules)  # type: ignore[no-untyped-call]  # tornado's, which has no types here
