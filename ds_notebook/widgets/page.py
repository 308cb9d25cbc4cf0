"""Which page shows this kernel's notebook, and so what has to stand in the still's place while a run goes on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping

from ds_notebook.errors import UsageError
from ds_notebook.host import DRAWN_BY_LAB
from ds_notebook.record import Record
from ds_notebook.widgets.anywidget import WidgetBeside
from ds_notebook.widgets.live import Beside, View


def beside_for_this_page(record: Record, new_view: Callable[[], View]) -> Beside | None:
    """A widget of the run, where the page draws nothing else live and anywidget is there; else None."""
    if not draws_widgets_only():
        return None
    try:
        return WidgetBeside(record, new_view())
    except UsageError:  # no anywidget: the still is redrawn each second, as in any unknown page
        return None


def draws_widgets_only(
    environment: Mapping[str, str] = os.environ, modules: Collection[str] = sys.modules.keys()
) -> bool:
    """Whether VS Code or Colab is the page.

    VS Code starts its kernels with VSCODE_PID (not its terminals, nor a Jupyter server started there), and where it
    takes a kernel of a Jupyter server, it names the session so.
    """
    if "google.colab" in modules or "-jvsc-" in environment.get("JPY_SESSION_NAME", ""):
        return True
    return "VSCODE_PID" in environment and DRAWN_BY_LAB not in environment
