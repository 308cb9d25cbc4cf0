"""The view of last resort: the still picture, redrawn in place from a thread while the run goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ds_notebook.draw import Scene
from ds_notebook.host import DRAWN_BY_LAB
from ds_notebook.record import Record
from ds_notebook.record.events import AnyEvent
from ds_notebook.record.state import OVER, State
from ds_notebook.widgets.bundle import Bundle, bundle

EVERY_S = 1.0
"""Redrawn at most this often."""
EVERY_S_BESIDE = 60.0
"""Where something else draws live (the lab extension from the record, or a widget), the still is for what is saved."""
CPU_SHARE = 0.003
"""And never so often that drawing takes more than this share of a core: with the messages, that is under 0.5%."""


class View(Protocol):
    """Folds events as they come; draws what it has."""

    def add(self, event: AnyEvent) -> None: ...

    def scene(self, state: State | None = None) -> Scene: ...


class Beside(Protocol):
    """What draws the run live in the still's place, until the run is over: saved, it would not survive."""

    @property
    def data(self) -> dict[str, Any]:
        """Content by MIME type."""
        ...

    def close(self) -> None: ...


class LiveStill:
    """Follows a record in a thread and hands each new bundle to `show`, the first at once.

    It reads the record like any other reader: the loop that it watches pays for no view. The bundles of a run that
    goes on hold what `beside` has, too; the last one is the still alone.
    """

    def __init__(
        self, record: Record, view: View, show: Callable[[Bundle], None], beside: Beside | None = None
    ) -> None:
        self._record = record
        self._beside = beside
        self._view = view
        self._show = show
        self._position: dict[str, int] = {}
        self._over = threading.Event()
        self._drew_the_end = False
        self._wait_s = EVERY_S
        self._draw()
        self._thread = threading.Thread(target=self._follow, name="ds-live", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Stop following; the last picture has been drawn when this returns."""
        self._over.set()
        self._thread.join()
        self._draw()

    @property
    def record_path(self) -> Path:
        """The folder of the record that it follows."""
        return self._record.path

    @property
    def run_is_over(self) -> bool:
        """Whether the run has ended, so that `finish` would draw its last picture."""
        return self._record.state in OVER

    def _follow(self) -> None:
        drew_at_s = time.monotonic()
        while not self._drew_the_end and not self._over.wait(min(EVERY_S, self._wait_s)):
            # the end is drawn within a second, also by who draws once a minute: it may be what is saved
            if time.monotonic() - drew_at_s >= self._wait_s or self.run_is_over:
                self._draw()
                drew_at_s = time.monotonic()

    def _draw(self) -> None:
        start_s = time.thread_time()
        events, self._position = self._record.tail(self._position)
        if self._drew_the_end and not events:  # but a gate's verdict may come after the end
            return
        for event in events:
            self._view.add(event)
        state = self._record.state
        self._drew_the_end = state in OVER
        as_of = "" if self._drew_the_end else time.strftime("%H:%M:%S")
        self._show_with_beside(bundle(self._record, self._view.scene(state), as_of=as_of))
        every_s = EVERY_S_BESIDE if self._beside or DRAWN_BY_LAB in os.environ else EVERY_S
        self._wait_s = max(every_s, (time.thread_time() - start_s) / CPU_SHARE)

    def _show_with_beside(self, still: Bundle) -> None:
        beside = self._beside
        if beside is None:
            self._show(still)
        elif not self._drew_the_end:
            self._show(Bundle({**still.data, **beside.data}, still.metadata))
        else:
            self._beside = None
            self._show(still)
            beside.close()
