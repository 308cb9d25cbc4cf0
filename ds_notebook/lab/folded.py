"""A record folded as far as it has been read: its view, its state, the answers to its commands."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import msgspec

from ds_notebook.draw import Scene
from ds_notebook.errors import RecordError
from ds_notebook.lab.window import Window, trimmed
from ds_notebook.record.events import AnyEvent, Decision, Metrics, RunEnded, RunStarted, goes_back_to
from ds_notebook.record.files import event_files, first_event, read_from
from ds_notebook.record.state import State, producer_is_alive, state_of
from ds_notebook.rooms import ANY_OTHER_KIND, new_view

MOST_ANSWERS = 1000


class Folded:
    """Reads what is new at each `look`, and nothing twice.

    With a `window` the panels show those steps alone; title and commands are always the whole run's. With `most_bytes`
    a file's first event and its last so many bytes stand for all of it.
    """

    def __init__(self, folder: Path, window: Window | None = None, most_bytes: int | None = None) -> None:
        self.folder = folder
        self._window = window
        self._most_bytes = most_bytes
        self._begin(ANY_OTHER_KIND)

    def _begin(self, kind: str) -> None:
        self.started: RunStarted | None = None
        self.ended: RunEnded | None = None
        self.state: State = "queued"
        self.answers: dict[str, Decision] = {}
        self.last: dict[str, float] = {}
        self.last_step = -1
        self._paused = False
        self._positions: dict[str, int] = {}
        self._kind = kind
        self._whole = new_view(kind)
        self._part = new_view(kind) if self._window else None

    def look(self) -> bool:
        """Take in what came since the last look, and whether the producer lives; whether anything is new.

        Raises RecordError if there is no record, or no more.
        """
        num_events, state = self._read(), self.state
        alive = self._is_alive()
        if not alive:
            num_events += self._read()  # it may have ended between the two looks
        self.state = state_of(self.started, self.ended, alive=alive, paused=self._paused)
        return num_events > 0 or self.state != state

    def _is_alive(self) -> bool:
        return self.started is not None and self.ended is None and producer_is_alive(self.started, self.folder)

    def scene(self) -> Scene:
        """The scene as of the last look."""
        whole = self._whole.scene(self.state)
        if self._part is None:
            return whole
        return msgspec.structs.replace(whole, panels=self._part.scene(self.state).panels)

    def _read(self) -> int:
        """The number of events that were new."""
        files = event_files(self.folder)
        if not files:
            raise RecordError(f"There is no run {self.folder.name!r} here any more: it was moved or deleted.")
        if self._positions.keys() - {path.name for path in files}:  # another record in its place
            self._begin(self._kind)
        events = list(self._new_events(files))
        kinds = [event.kind for event in events if isinstance(event, RunStarted)]
        if kinds and kinds[-1] != self._kind:
            self._begin(kinds[-1])
            events = list(self._new_events(files))
        for event in events:
            self._take(event)
        return len(events)

    def _new_events(self, files: list[Path]) -> Iterator[AnyEvent]:
        """Each writer's in its own order, the writers merged by their clocks, as `Record.events` does."""
        writers = (_in_order(self._new_of(path)) for path in files)
        return (event for _, event in heapq.merge(*writers, key=lambda pair: pair[0]))

    def _new_of(self, path: Path) -> list[AnyEvent]:
        position = self._positions.get(path.name, 0)
        skipped = _size(path) - self._most_bytes if self._most_bytes and not position else 0
        events, self._positions[path.name] = read_from(path, max(position, skipped))
        if skipped > 0 and (first := first_event(path)) is not None:
            events.insert(0, first)
        return events

    def _take(self, event: AnyEvent) -> None:
        self._whole.add(event)
        if self._part is not None and self._window and (part := trimmed(event, self._window)) is not None:
            self._part.add(part)
        if (step := goes_back_to(event)) is not None:
            self.last_step = min(self.last_step, step - 1)
        match event:
            case RunStarted():
                self.started, self.ended, self._paused = event, None, False
            case RunEnded():
                self.ended = event
            case Metrics(steps=[_, *_]):
                self.last_step = max(self.last_step, event.steps[-1])
                self.last.update((name, float(values[-1])) for name, values in event.values.items())
            case Decision(policy="command"):
                self._take_answer(event)

    def _take_answer(self, answer: Decision) -> None:
        self.answers[answer.subject] = answer
        if len(self.answers) > MOST_ANSWERS:
            del self.answers[next(iter(self.answers))]
        word = answer.evidence.get("command")
        if answer.verdict == "applied" and word in ("pause", "resume"):
            self._paused = word == "pause"


def _in_order(events: list[AnyEvent]) -> Iterable[tuple[float, AnyEvent]]:
    return zip(accumulate((event.at for event in events), max), events, strict=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # deleted meanwhile
        return 0
