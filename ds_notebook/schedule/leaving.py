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
        self._saving = [each for each in self._saving if not each.is_done()]
        if self._saving and time.monotonic() < self._deadline:
            return True
        self._live.order(Stop())  # or its program would go on with a training that is half done
        return False


class _Saving:
    """A run that was asked to save, is asked to stop when it has answered, and is done once it is over."""

    def __init__(self, child: Record) -> None:
        self._child = child
        self._has_answered = False
        self._position: Position = {file.name: file.stat().st_size for file in event_files(child.path)}
        self._save = Save()
        levers.tell([child], *([Resume()] if child.state == "paused" else []), self._save)

    def is_done(self) -> bool:
        events, self._position = self._child.tail(self._position)
        if not self._has_answered:
            self._has_answered = any(isinstance(e, Decision) and e.subject == self._save.id for e in events)
            if self._has_answered:
                levers.tell([self._child], Stop())
        return self._child.state in OVER
