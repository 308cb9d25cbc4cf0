"""The reader's side of a record: any run, live or years old, by this version or a newer one."""

from __future__ import annotations

import contextlib
import heapq
import math
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ds_notebook.errors import GateFailed, RecordError, UsageError
from ds_notebook.record.blobs import open_blob
from ds_notebook.record.events import (
    AnyEvent,
    Artifact,
    Decision,
    Metrics,
    Note,
    RunEnded,
    RunStarted,
    goes_back_to,
)
from ds_notebook.record.files import event_files, first_event, last_events, read_from, stream
from ds_notebook.record.journal import write_apart
from ds_notebook.record.state import OVER, State, producer_is_alive, state_of
from ds_notebook.record.where import runs_folder

if TYPE_CHECKING:
    from ds_notebook.record.gate import GateResult

WAIT_LOOK_S = 0.2

Position = dict[str, int]
"""How far each file of a record has been read, in bytes."""
Column = tuple[list[int], list[float], list[float]]
"""A metric's steps, times and values."""


class Record:
    """A run as its folder tells it; nothing is read before it is asked for, nothing is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name

    def __repr__(self) -> str:
        return f"<run {self.id}: {self.state}>"

    def events(self) -> Iterator[AnyEvent]:
        """All events: each writer's in its own order, the writers merged by their clocks."""
        return _merged(stream(path) for path in event_files(self.path))

    def tail(self, position: Position | None = None) -> tuple[list[AnyEvent], Position]:
        """The whole events that came after `position`, in the order of `events`; and the position for the next time."""
        seen = dict(position or {})
        found: list[list[AnyEvent]] = []
        for path in event_files(self.path):
            events, seen[path.name] = read_from(path, seen.get(path.name, 0))
            found.append(events)
        return list(_merged(found)), seen

    def _producer(self) -> tuple[RunStarted, Path] | None:
        """The last producer's first event and its file."""
        starts = [
            (event, path) for path in event_files(self.path) if isinstance(event := first_event(path), RunStarted)
        ]
        return max(starts, key=lambda start: start[0].at, default=None)

    @property
    def started(self) -> RunStarted | None:
        """The last producer's first event; None for a run that still waits for one."""
        producer = self._producer()
        return producer[0] if producer else None

    @property
    def ended(self) -> RunEnded | None:
        """The last producer's last event, if it wrote one."""
        producer = self._producer()
        return _end_of(producer[1]) if producer else None

    @property
    def state(self) -> State:
        """queued, running, paused, finished, interrupted, stopped, failed or lost."""
        producer = self._producer()
        if producer is None:
            return "queued"
        started, file = producer
        ended = _end_of(file)
        alive = ended is None and producer_is_alive(started, self.path)
        if ended is None and not alive:
            ended = _end_of(file)  # it may have ended between the two looks
        return state_of(started, ended, alive=alive, paused=alive and _is_paused(file))

    @property
    def silent_s(self) -> float:
        """Seconds since the record last grew."""
        now = time.time()
        try:
            newest = max((path.stat().st_mtime for path in event_files(self.path)), default=now)
        except OSError:  # deleted meanwhile
            return 0.0
        return max(0.0, now - newest)

    @property
    def notes(self) -> list[Note]:
        """What the record says to its reader, oldest first."""
        return [event for event in self.events() if isinstance(event, Note)]

    @property
    def decisions(self) -> list[Decision]:
        """Every choice made: gates, answers to commands; oldest first."""
        return [event for event in self.events() if isinstance(event, Decision)]

    @property
    def artifacts(self) -> list[Artifact]:
        """The files of the run that were written whole, oldest first."""
        return [event for event in self.events() if isinstance(event, Artifact)]

    def open(self, artifact: Artifact) -> bytes:
        """The bytes of an artifact; raises RecordError if it is missing, changed, or outside the run."""
        return open_blob(self.path, artifact)

    def wait(self, timeout_s: float | None = None) -> Record:
        """Return once the run is over, or after `timeout_s`, wherever it works.

        Raises RecordError with its error where it failed, GateFailed where a gate of it did.
        """
        deadline = time.monotonic() + (math.inf if timeout_s is None else timeout_s)
        while self.state not in OVER and time.monotonic() < deadline:
            time.sleep(WAIT_LOOK_S)
        ended = self.ended
        if ended and ended.status == "failed":
            raise RecordError(f"Run {self.id} failed: {ended.error}")
        failed = [each.reason for each in self.decisions if (each.policy, each.verdict) == ("gate", "failed")]
        if failed:
            raise GateFailed("Gate failed: " + "; ".join(failed) + f" (run {self.id}).")
        return self

    def columns(self) -> dict[str, Column]:
        """Each metric's steps, times (Unix seconds) and values, by name.

        Of steps that a resumed run, or one that was rolled back, recorded twice the later ones count.
        """
        found: dict[str, Column] = {}
        repeating: set[str] = set()
        for event in self.events():
            if (step := goes_back_to(event)) is not None:
                repeating = set(found)
                for column in found.values():
                    _cut(column, step)
            if isinstance(event, Metrics):
                times = event.times()
                for name in event.values:
                    column = found.setdefault(name, ([], [], []))
                    if name in repeating:
                        repeating.remove(name)
                        _cut(column, event.steps[0])
                    column[0].extend(event.steps)
                    column[1].extend(times)
                    column[2].extend(event.column(name))
        return found

    def frame(self, name: str) -> Any:  # a pandas.DataFrame where pandas is installed
        """Step, time (Unix seconds) and value of a metric: a DataFrame if pandas is there, else a dict of lists.

        Raises UsageError, naming those there are, if the run has no such metric.
        """
        columns = self.columns()
        if name not in columns:
            raise UsageError(
                f"Run {self.id} has no metric {name!r}; it has {', '.join(sorted(columns)) or 'none yet'}."
            )
        steps, times, values = columns[name]
        table = {"step": steps, "time": times, name: values}
        try:
            import pandas  # heavy and optional: only for who asks for a table
        except ImportError:
            return table
        return pandas.DataFrame(table)

    def check(self, *expressions: str) -> list[GateResult]:
        """Each gate's result, recorded as a Decision where the run's folder can be written."""
        from ds_notebook.record.gate import parse_gate  # a parser, which most readers do without

        gates = [parse_gate(expression) for expression in expressions]
        columns = {name: values for name, (_, _, values) in self.columns().items()}
        results = [gate.check(lambda name: columns.get(name, []), columns) for gate in gates]
        with contextlib.suppress(OSError):  # a record that may only be read is checked all the same
            write_apart(self.path, [_verdict(result) for result in results])
        return results

    def gate(self, *expressions: str) -> None:
        """Raise GateFailed with the measured value unless every expression holds: `"val_accuracy >= 0.97"`."""
        failed = [result.sentence for result in self.check(*expressions) if not result.passed]
        if failed:
            raise GateFailed("Gate failed: " + "; ".join(failed) + f" (run {self.id}).")


def _cut(column: Column, step: int) -> None:
    """Drop the rows of `step` and after it: they were recorded anew."""
    steps = column[0]
    if steps and max(steps) >= step:
        kept = [row for row, at in enumerate(steps) if at < step]
        for cells in column:
            cells[:] = [cells[row] for row in kept]  # type: ignore[misc]  # each list keeps its own type


def _verdict(result: GateResult) -> Decision:
    return Decision(
        policy="gate",
        subject=result.expression,
        verdict="passed" if result.passed else "failed",
        reason=result.sentence,
        evidence={"measured": {name: str(value) for name, value in result.measured.items()}},
    )


def _merged(writers: Iterable[Iterable[AnyEvent]]) -> Iterator[AnyEvent]:
    ordered = map(_in_order, writers)
    return (event for _, event in heapq.merge(*ordered, key=lambda pair: pair[0]))


def _in_order(events: Iterable[AnyEvent]) -> Iterator[tuple[float, AnyEvent]]:
    """Each event with a time that never falls: a writer's own order holds, whatever its clock did."""
    latest = -math.inf
    for event in events:
        latest = max(latest, event.at)
        yield latest, event


def _end_of(file: Path) -> RunEnded | None:
    return next((event for event in last_events(file, "run_ended") if isinstance(event, RunEnded)), None)


def _is_paused(file: Path) -> bool:
    for event in last_events(file, "decision"):
        if isinstance(event, Decision) and event.policy == "command" and event.verdict == "applied":
            word = event.evidence.get("command")
            if word in ("pause", "resume"):
                return bool(word == "pause")
    return False


def open_run(path: str | Path) -> Record:
    """Any run by its folder, or by its id in the runs folder; raises RecordError if there is none."""
    for folder in (Path(path).expanduser(), runs_folder() / path):
        if folder.is_dir() and event_files(folder):
            return Record(folder.absolute())
    known = [record.id for record in runs()[:3]]
    newest = f" The newest are {', '.join(known)}." if known else ""
    raise RecordError(f"There is no run {str(path)!r} here or in {runs_folder()}.{newest}")


def runs(folder: str | Path | None = None) -> list[Record]:
    """The runs of a folder (by default the runs folder), newest first; what is no run is passed over."""
    place = Path(folder) if folder is not None else runs_folder()
    if not place.is_dir():
        return []
    found = [Record(entry) for entry in place.iterdir() if any(map(first_event, event_files(entry)))]
    starts = {record.id: started.at if (started := record.started) else 0.0 for record in found}
    return sorted(found, key=lambda record: (starts[record.id], record.id), reverse=True)
