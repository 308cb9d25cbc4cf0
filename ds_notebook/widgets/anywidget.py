"""A run's drawings as a widget, fed and heard by the kernel: for pages without our lab extension, such as VS Code."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import msgspec

from ds_notebook.draw import Scene
from ds_notebook.errors import DsError, UsageError
from ds_notebook.record import Record
from ds_notebook.record.commands import RunCommand, send
from ds_notebook.record.events import AnyEvent, Decision
from ds_notebook.record.state import OVER
from ds_notebook.widgets.live import CPU_SHARE, View

EVERY_S = 0.2
"""Redrawn at most five times a second, and less often where that would take more than `CPU_SHARE` of a core."""
WIDGET_TYPE = "application/vnd.jupyter.widget-view+json"
TOLD = 10
"""So many of the latest commands are told."""
_BUILT = (
    Path(__file__).with_name("widget.js"),  # in a wheel
    Path(__file__).parents[2] / "labextension" / "dist" / "widget.js",  # in a checkout
)


class Sent(msgspec.Struct, kw_only=True):
    """A command, and what the record says became of it."""

    id: str
    word: str
    verdict: Literal["asked", "applied", "refused"]
    reason: str = ""


class Shown(msgspec.Struct, kw_only=True):
    """What the widget draws."""

    scene: Scene
    state: str
    commands: list[Sent]


class Feed:
    """Follows a record in a thread, hands what is new to `show`, and writes the orders that come back.

    It ends with the run, or with `close`.
    """

    def __init__(self, record: Record, view: View, show: Callable[[Shown], None]) -> None:
        self._record = record
        self._view = view
        self._show = show
        self._position: dict[str, int] = {}
        self._sent: dict[str, Sent] = {}
        self._last: bytes = b""
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._draw()
        self._thread = threading.Thread(target=self._follow, name="ds-widget", daemon=True)
        self._thread.start()

    def order(self, content: Any) -> None:  # any JSON: a browser sent it
        """Write the command that a button asks for; one that cannot be is shown as refused."""
        try:
            command = msgspec.convert(content, RunCommand)
        except msgspec.ValidationError:
            return
        sent = Sent(id=command.id, word=command.word, verdict="asked")
        try:
            send(self._record.path, command)
        except DsError as error:
            sent = Sent(id=command.id, word=command.word, verdict="refused", reason=str(error))
        with self._lock:
            self._sent.setdefault(command.id, sent)

    def close(self) -> None:
        """Stop following; the last scene has been shown when this returns."""
        self._closed.set()
        self._thread.join()

    def _follow(self) -> None:
        over, wait_s = False, EVERY_S
        while not over and not self._closed.wait(wait_s):
            start_s = time.thread_time()
            over = self._record.state in OVER
            self._draw()
            wait_s = max(EVERY_S, (time.thread_time() - start_s) / CPU_SHARE)
        self._draw()

    def _draw(self) -> None:
        events, self._position = self._record.tail(self._position)
        for event in events:
            self._view.add(event)
        with self._lock:
            for event in events:
                self._answered(event)
            commands = list(self._sent.values())[-TOLD:]
        state = self._record.state
        shown = Shown(scene=self._view.scene(state), state=state, commands=commands)
        if (encoded := msgspec.json.encode(shown)) != self._last:
            self._last = encoded
            self._show(shown)

    def _answered(self, event: AnyEvent) -> None:
        """A Decision on a command, ours or anyone's."""
        if isinstance(event, Decision) and event.policy == "command" and event.verdict in ("applied", "refused"):
            word = str(event.evidence.get("command", "command"))
            verdict: Literal["applied", "refused"] = "applied" if event.verdict == "applied" else "refused"
            self._sent[event.subject] = Sent(id=event.subject, word=word, verdict=verdict, reason=event.reason)


def run_widget(record: Record, view: View) -> Any:  # an anywidget.AnyWidget, whose package ships no types we could name
    """A live widget of a run: display it, or let a cell end with it. Raises UsageError where anywidget is missing."""
    widget = _widget_type()()
    feed = Feed(record, view, lambda shown: setattr(widget, "shown", msgspec.to_builtins(shown)))
    widget.on_msg(lambda _widget, content, _buffers: feed.order(content))
    widget.feed = feed
    return widget


class WidgetBeside:
    """A run's widget in the still's place, until the run is over.

    Raises UsageError where anywidget is missing.
    """

    def __init__(self, record: Record, view: View) -> None:
        self._widget = run_widget(record, view)
        self.data: dict[str, Any] = {WIDGET_TYPE: self._widget._repr_mimebundle_()[0][WIDGET_TYPE]}

    def close(self) -> None:
        """End the feed and the widget: a saved notebook would keep its state otherwise."""
        self._widget.feed.close()
        self._widget.layout.close()
        self._widget.close()


@cache
def _widget_type() -> Any:  # a class made when its base is there
    try:
        anywidget, traitlets = import_module("anywidget"), import_module("traitlets")
    except ImportError:
        raise UsageError('The widget needs anywidget: pip install "ds-notebook[widget]".') from None
    fields = {"_esm": _source(), "shown": traitlets.Dict().tag(sync=True), "feed": None}
    return type("RunWidget", (anywidget.AnyWidget,), fields)


def _source() -> str:
    for path in _BUILT:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise UsageError("The widget's JavaScript is not built. Run: cd labextension && npm ci && npm run build.")
