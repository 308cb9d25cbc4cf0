"""The table of rooms: which view draws a kind of run, which magics and commands there are. Loaded from lazily."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from ds_notebook.draw import Scene
from ds_notebook.record import Record
from ds_notebook.record.events import AnyEvent
from ds_notebook.record.state import State

VIEWS = {
    "train": "ds_notebook.train.view:TrainingView",
    "lr-range": "ds_notebook.train.lr_range_view:LrRangeView",
}
"""The view of each kind of run."""
ANY_OTHER_KIND = "train"
"""A loop of one's own has steps and metrics: it is drawn as a training."""


class View(Protocol):
    """Folds events as they come; draws what it has."""

    def add(self, event: AnyEvent) -> None: ...

    def scene(self, state: State | None = None) -> Scene: ...


def new_view(kind: str) -> View:
    """A fresh view for a run of this kind."""
    module, _, name = VIEWS.get(kind, VIEWS[ANY_OTHER_KIND]).partition(":")
    view: View = getattr(import_module(module), name)()
    return view


def scene_of(record: Record) -> Scene:
    """The scene of a record as it is now."""
    started = record.started
    view = new_view(started.kind if started else ANY_OTHER_KIND)
    for event in record.events():
        view.add(event)
    return view.scene(record.state)
