"""What a person should know of the machine before starting there: asked of `host`, and of the server's settings."""

from __future__ import annotations

from jupyter_server.serverapp import ServerApp

from ds_notebook import __version__
from ds_notebook.host import facts, missing
from ds_notebook.lab.messages import Host

BINDER_LIMIT_S = 600.0
"""mybinder.org ends a server that nobody used for ten minutes."""


def machine(server: ServerApp) -> Host:
    """The host as the front end shows it; the first call takes some 20 ms."""
    found = facts()
    return Host(
        version=__version__,
        demo_host=found.demo_host,
        idle_limit_s=_idle_limit_s(server, found.demo_host),
        memory_bytes=found.memory_bytes,
        missing=[f"{each.what} {each.instead}" for each in missing()],
    )


def _idle_limit_s(server: ServerApp, demo_host: str | None) -> float | None:
    limits = [float(getattr(server.kernel_manager, "cull_idle_timeout", 0)), float(server.shutdown_no_activity_timeout)]
    if demo_host == "binder":
        limits.append(BINDER_LIMIT_S)
    return min((limit for limit in limits if limit > 0), default=None)
