"""The table of rooms: which view draws a kind of run, which magics and commands there are. Loaded from lazily."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from ds_notebook.draw import Scene
from ds_notebook.record import Record, Run, open_run
from ds_notebook.record.events import AnyEvent
from ds_notebook.record.state import State

VIEWS = {
    "train": "ds_notebook.train.view:TrainingView",
    "lr-range": "ds_notebook.train.lr_range_view:LrRangeView",
    "profile": "ds_notebook.profile.view:ProfileView",
    "schedule": "ds_notebook.schedule.view:ScheduleView",
}
"""The view of each kind of run."""
ANY_OTHER_KIND = "train"
"""A loop of one's own has steps and metrics: it is drawn as a training."""
COMPARISONS = {
    "train": "ds_notebook.train.compare:compare",
    "profile": "ds_notebook.profile.compare:compare",
}
"""The function from several runs to one scene, of each kind of run; another kind is compared as a training."""


class View(Protocol):
    """Folds events as they come; draws what it has."""

    def add(self, event: AnyEvent) -> None: ...

    def scene(self, state: State | None = None) -> Scene: ...


def new_view(kind: str) -> View:
    """A fresh view for a run of this kind."""
    view: View = _loaded(VIEWS, kind)()
    return view


def _loaded(table: dict[str, str], kind: str) -> Any:  # a class or function of the table
    module, _, name = table.get(kind, table[ANY_OTHER_KIND]).partition(":")
    return getattr(import_module(module), name)


def scene_of(record: Record) -> Scene:
    """The scene of a record as it is now."""
    started = record.started
    view = new_view(started.kind if started else ANY_OTHER_KIND)
    for event in record.events():
        view.add(event)
    return view.scene(record.state)


def widget(run: Record | Run) -> Any:  # an anywidget.AnyWidget
    """A run's live drawings and buttons for front ends without our lab extension, such as VS Code.

    Raises UsageError where anywidget is missing.
    """
    from ds_notebook.widgets.anywidget import run_widget

    record = run.record if isinstance(run, Run) else run
    started = record.started
    return run_widget(record, new_view(started.kind if started else ANY_OTHER_KIND))


def compare(*runs: Record | Run | str | Path, metric: str | None = None) -> Scene:
    """Two or more runs laid over each other, by object, id or folder: which is better, and in what they differ.

    `metric` decides which is better, if given. Raises UsageError where they cannot be compared.
    """
    records = [each.record if isinstance(each, Run) else each for each in runs]
    return compare_scene([each if isinstance(each, Record) else open_run(each) for each in records], metric)


def compare_scene(records: Sequence[Record], metric: str | None = None) -> Scene:
    """The scene of several runs beside each other, as the kind of the first is compared; `metric` decides.

    Raises UsageError where they cannot be compared.
    """
    started = records[0].started if records else None
    scene: Scene = _loaded(COMPARISONS, started.kind if started else ANY_OTHER_KIND)(records, metric)
    return scene
