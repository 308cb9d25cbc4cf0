"""Hosts that show a scene in a notebook; they know no room."""

from ds_notebook.widgets.bundle import Bundle, bundle, scene_bundle
from ds_notebook.widgets.live import LiveStill

__all__ = ["Bundle", "LiveStill", "bundle", "scene_bundle"]
