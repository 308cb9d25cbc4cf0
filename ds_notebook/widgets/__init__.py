"""Hosts that show a scene in a notebook; they know no room."""

from ds_notebook.widgets.bundle import bundle
from ds_notebook.widgets.live import LiveStill

__all__ = ["LiveStill", "bundle"]
