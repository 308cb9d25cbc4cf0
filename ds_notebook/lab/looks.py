"""The two things that a page follows: a run, and the list of runs."""

from __future__ import annotations

import logging

import msgspec

from ds_notebook.errors import DsError
from ds_notebook.lab.drawn import Drawn
from ds_notebook.lab.listing import Listing
from ds_notebook.lab.messages import Problem
from ds_notebook.lab.paths import Places
from ds_notebook.lab.window import Window
from ds_notebook.record.state import OVER

LIVE_EVERY_S = 0.2
EVERY_S = 1.0
"""A run that is over may still be resumed, or get a gate's verdict."""

_log = logging.getLogger(__name__)


class RunLook:
    """A run as SceneMessage; why there is none as Problem, and a scene again once it is back."""

    def __init__(self, places: Places, path: str, window: Window | None, width: int) -> None:
        self.wait_s = LIVE_EVERY_S
        self._places = places
        self._path = path
        self._window = window
        self._width = width
        self._drawn: Drawn | None = None
        self._last = ""

    def __call__(self) -> bytes | None:
        """The newest message, None where it is the same as last time."""
        try:
            message = self._see().message()
        except Exception as error:  # the other views go on: what one record does to its view is told to who looks at it
            self._drawn, self.wait_s = None, EVERY_S
            problem = _sentence(error, self._path)
            return self._new(problem, Problem(path=self._path, problem=problem))
        self.wait_s = EVERY_S if message.state in OVER else LIVE_EVERY_S
        return self._new(message.version, message)

    def _see(self) -> Drawn:
        folder = self._places.folder(self._path)
        if self._drawn is None or self._drawn.folder != folder:
            self._drawn = Drawn(folder, self._path, self._window, self._width)
        return self._drawn

    def _new(self, version: str, message: msgspec.Struct) -> bytes | None:
        if version == self._last:
            return None
        self._last = version
        return msgspec.json.encode(message)


class ListLook:
    """The list of runs as RunList, when anything but its runs' silence is new."""

    wait_s = EVERY_S

    def __init__(self, listing: Listing, folders: list[str]) -> None:
        self._listing = listing
        self._folders = folders
        self._last = b""

    def __call__(self) -> bytes | None:
        """The newest message, None where it is the same as last time."""
        try:
            found = self._listing.runs(self._folders)
        except Exception as error:  # as above
            return self._new(
                problem := msgspec.json.encode(Problem(path="", problem=_sentence(error, "This list"))), problem
            )
        silent = [msgspec.structs.replace(run, silent_s=0.0) for run in found.runs]
        queue = msgspec.structs.replace(found.queue, silent_s=0.0) if found.queue else None
        version = msgspec.structs.replace(found, runs=silent, queue=queue)
        return self._new(msgspec.json.encode(version), msgspec.json.encode(found))

    def _new(self, version: bytes, message: bytes) -> bytes | None:
        if version == self._last:
            return None
        self._last = version
        return message


def _sentence(error: Exception, what: str) -> str:
    if isinstance(error, DsError):
        return str(error)
    _log.exception("%s cannot be shown", what)
    return f"{what} cannot be shown ({type(error).__name__}): the server's log says more."
