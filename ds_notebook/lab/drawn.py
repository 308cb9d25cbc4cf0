"""A run as the message that a view draws."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ds_notebook.errors import RecordError
from ds_notebook.lab.fitted import fitted
from ds_notebook.lab.folded import Folded
from ds_notebook.lab.messages import SceneMessage
from ds_notebook.lab.orders import Orders
from ds_notebook.lab.window import Window

WIDTH = 800
"""Pixels of a view that does not say."""


class Drawn:
    """One run for views of one width and window; `message` reads only what is new."""

    def __init__(self, folder: Path, path: str, window: Window | None = None, width: int = WIDTH) -> None:
        self.folder = folder
        self._path = path
        self._width = width
        self._run = Folded(folder, window)
        self._orders = Orders(folder)
        self._latest: SceneMessage | None = None

    def message(self) -> SceneMessage:
        """The run as it is now, the same object while nothing is new.

        Raises RecordError if the run is gone, or too damaged to draw.
        """
        with damage_named(self.folder):
            is_new = self._run.look() | self._orders.look()
            if self._latest is None or is_new:
                self._latest = self._message()
        return self._latest

    def _message(self) -> SceneMessage:
        run = self._run
        scene = fitted(run.scene(), self._width)
        commands = self._orders.sent(run.answers, run.started, run.state)
        message = SceneMessage(
            path=self._path, id=self.folder.name, state=run.state, version="", scene=scene, commands=commands
        )
        message.version = hashlib.blake2b(msgspec.json.encode(message), digest_size=8).hexdigest()
        return message


@contextmanager
def damage_named(folder: Path) -> Iterator[None]:
    """A view trusts what it folds; a stranger's record may hold what no producer of ours writes."""
    try:
        yield
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise RecordError(
            f"Run {folder.name} cannot be drawn, its record is damaged ({type(error).__name__}: {error}): "
            "`ds logs` shows what can be read."
        ) from error
