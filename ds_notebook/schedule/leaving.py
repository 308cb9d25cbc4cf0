"""A job that has to give way: its trainings are asked to save and then to stop; after a while it is ended."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ds_notebook.record import Record
from ds_notebook.record.commands import Resume, Save, Stop
from ds_notebook.record.events import Decision
from ds_notebook.record.files import event_files
from ds_notebook.record.reader import Position
from ds_notebook.record.state import OVER
from ds_notebook.schedule import levers
from ds_notebook.schedule.attempts import Live

SAVE_S = 60.0
"""So long a job may take to save and stop."""


class Leaving:
    """One attempt on its way out."""

    def __init__(self, live: Live, children: Iterable[Record]) -> None:
        self._live = live
        self._deadline = time.monotonic() + SAVE_S
        if Record(live.folder).state == "paused":
            live.order(Resume())  # what stands still cannot save
        self._saving = [_Saving(child) for child in children if child.state not in OVER]
        if not self._saving:
            live.order(Stop())

    def look(self) -> bool:
        """Go on with it; False once there is nothing more to ask for."""
        if not self._saving:
            return False
        if time.monotonic() > self._deadline:
            self._live.order(Stop())
            return False
        self._saving = [each for each in self._saving if not each.is_done()]
        return True


class _Saving:
    """A run that was asked to save, and is asked to stop when it has answered."""

    def __init__(self, child: Record) -> None:
        self._child = child
        self._position: Position = {file.name: file.stat().st_size for file in event_files(child.path)}
        self._save = Save()
        levers.tell([child], *([Resume()] if child.state == "paused" else []), self._save)

    def is_done(self) -> bool:
        events, self._position = self._child.tail(self._position)
        answered = any(isinstance(event, Decision) and event.subject == self._save.id for event in events)
        if answered:
            levers.tell([self._child], Stop())
        return answered or self._child.state in OVER
