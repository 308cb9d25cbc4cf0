"""Hosts that show a scene in a notebook; they know no room."""

from ds_notebook.widgets.bundle import Bundle, bundle, scene_bundle
from ds_notebook.widgets.live import LiveStill
from ds_notebook.widgets.page import beside_for_this_page

__all__ = ["Bundle", "LiveStill", "beside_for_this_page", "bundle", "scene_bundle"]
