"""The producer's side of a record: what a loop writes while it works, and the commands it obeys."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from ds_notebook.record.blobs import save_blob
from ds_notebook.record.commands import AnyCommand, Inbox, Pause, Resume, Stop, Unknown
from ds_notebook.record.events import Artifact, Decision, EndStatus, Event, Note, RunEnded, RunStarted, Span, Usage
from ds_notebook.record.journal import Journal
from ds_notebook.record.lock import hold_lock
from ds_notebook.record.reader import Record
from ds_notebook.record.rows import Row, Thinning, metrics, number, read_devices

FLUSH_NS = 250_000_000
"""Rows wait this long before they are written."""
POLL_NS = 50_000_000
"""Commands are looked for at the first step boundary this long after the last look."""

USAGE_EVERY_S = 1.0
USAGE_SAMPLES = 1000
"""After so many samples the time between two doubles: a week's record stays small."""

Batch = TypeVar("Batch")
UsageSource = Callable[[], dict[str, dict[str, float]]]
"""Numbers by device and metric, for Usage events."""


class _SpanRow(NamedTuple):
    name: str
    lane: str
    step: int | None
    clock_ns: int
    duration_ns: int


class Run:
    """A run being produced; users get one from `start_run`.

    >>> with ds.start_run("my own loop") as run:
    ...     for batch in run.steps(loader):
    ...         run.log(loss=my_step(batch))
    """

    def __init__(self, folder: Path, started: RunStarted | None, usage: UsageSource | None = None) -> None:
        """Begin to write in `folder`; raises RecordError while another process produces this run.

        Without `started` it is an additional writer of a run that another process produces: it
        holds no lock, obeys no command and writes at once. `usage` is sampled once a second.
        """
        self.path = folder
        self.id = folder.name
        self.step = 0
        """The step that is running or comes next; the first is 0."""
        self.sampling = False
        """True in one step of each 0.25 s: the one in which to take what is costly, a gradient norm for one."""
        self.status: EndStatus | None = None
        """How the run ended; None before."""
        self._stopping: EndStatus | None = None
        self._paused = False
        self._asked: list[AnyCommand] = []
        self._rows: list[Row] = []
        self._spans: list[_SpanRow] = []
        self._values: dict[str, Any] | None = None
        self._thinning = Thinning()
        self._wall_ns = time.time_ns() - time.perf_counter_ns()
        self._next_flush = time.perf_counter_ns() + POLL_NS
        self._due = self._next_flush if started else 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._producing = started is not None
        self._held = hold_lock(folder) if started else None
        self._inbox = Inbox(folder)
        self._journal = Journal(folder)
        if started:
            self._journal.write([started], durable=True)
            _open_runs.add(self)
            thread = threading.Thread(target=_write_behind, args=(weakref.ref(self), self._over, usage), daemon=True)
            thread.start()

    def __repr__(self) -> str:
        return repr(self.record)

    def __reduce__(self) -> tuple[Any, ...]:
        """A run sent to another process is an additional writer there."""
        return Run, (self.path, None)

    @property
    def record(self) -> Record:
        """What has been written so far, as any reader sees it."""
        return Record(self.path)

    # -- what a loop says

    def steps(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield each batch as one step: the wait for it is timed, commands are obeyed between two steps.

        Ends early once the run was asked to stop. Several loops (epochs) count on in one sequence of steps.
        """
        clock = time.perf_counter_ns
        keep = self._rows.append
        before = clock()
        for batch in batches if self._stopping is None else ():
            start = clock()
            self._values = values = {}
            try:
                yield batch
            finally:  # a break or an error in the loop's body ends this generator here
                self._values = None
                keep(Row(self.step, start, start - before, values))
                self.step += 1
            before = clock()
            self.sampling = False
            if before >= self._due:
                self._look(before)
                before = clock()
            if self._stopping is not None:
                return

    def log(self, *, step: int | None = None, **values: Any) -> None:
        """Record numbers (or 0-d tensors) for the running step, or for `step` in a loop that counts by itself.

        Raises UsageError for what is not one number. A tensor changed in place afterwards is
        still recorded as it was.
        """
        for name, value in values.items():
            kind = type(value)
            if kind is not float and kind is not int:
                values[name] = number(name, value)
        if self._values is not None and step is None:
            self._values.update(values)
            return
        now = time.perf_counter_ns()
        if step is not None:
            self.step = step
        self._rows.append(Row(self.step, now, None, values))
        if now >= self._due:
            self._look(now)

    @contextmanager
    def span(self, name: str, lane: str = "main") -> Iterator[None]:
        """Time a piece of work; it appears on the time line under `lane`."""
        start = time.perf_counter_ns()
        try:
            yield
        finally:
            now = time.perf_counter_ns()
            step = self.step if self._values is not None else None
            self._spans.append(_SpanRow(name, lane, step, start, now - start))
            if not self._producing:
                self._flush()

    def emit(self, event: Event, *, durable: bool = False) -> None:
        """Write any event now; with `durable` it is on the disk before this returns."""
        with self._lock:
            self._journal.write([event], durable=durable)

    def note(self, text: str, level: Any = "info") -> None:
        """Write a sentence for the reader of the record."""
        self.emit(Note(level=level, text=text))

    def save_blob(self, name: str, content: bytes, *, kind: str) -> Artifact | None:
        """Keep a file with the run; None, with a Note that says why, where there is no room for it."""
        try:
            artifact = save_blob(self.path, name, content, kind=kind, step=self.step)
        except OSError as error:
            self.note(f"{name} could not be saved: {error.strerror}.", "error")
            return None
        self.emit(artifact, durable=True)
        return artifact

    # -- what a loop is told

    @property
    def stopping(self) -> bool:
        """True once the run was asked to end; `steps` yields nothing any more."""
        return self._stopping is not None

    def ask_to_end(self, status: EndStatus) -> None:
        """End after the running step. Only sets a flag, so that a signal handler may call it."""
        self._stopping = self._stopping or status

    def poll(self) -> list[AnyCommand]:
        """Commands that came and are the loop's to carry out (`Save`, `Set`); answer each.

        Stop, Pause and Resume are dealt with by the run itself. What is not fetched from here
        within a second look is refused in the record.
        """
        asked, self._asked = self._asked, []
        return asked

    def answer(self, command: AnyCommand | Unknown, *, refused: str = "") -> None:
        """Say in the record that a command was applied, or refused with the reason."""
        self.emit(
            Decision(
                policy="command",
                subject=command.id,
                verdict="refused" if refused else "applied",
                reason=refused,
                evidence={"command": command.word},
            )
        )

    def _look(self, now: int) -> None:
        """Between two steps: obey what was sent, write what is due."""
        if not self._producing:
            self._flush()
            return
        self._obey()
        while self._paused and self._stopping is None:
            time.sleep(POLL_NS / 1e9)
            self._obey()
        if now >= self._next_flush:
            self._flush()
            self._next_flush = now + FLUSH_NS
            self.sampling = True
        self._due = time.perf_counter_ns() + POLL_NS

    def _obey(self) -> None:
        unfetched, self._asked = self._asked, []
        for command in unfetched:
            self.answer(command, refused=f"this loop does not take {command.word!r}")
        for command in self._inbox.poll():
            match command:
                case Stop():
                    self.ask_to_end("stopped")
                    self.answer(command)
                case Pause() | Resume():
                    self._paused = isinstance(command, Pause)
                    self.answer(command)
                case Unknown():
                    self.answer(command, refused="this version does not know the command")
                case _:
                    self._asked.append(command)

    # -- writing

    def _flush(self) -> None:
        with self._lock:
            num_rows, num_spans = len(self._rows), len(self._spans)
            rows, spans = self._rows[:num_rows], self._spans[:num_spans]
            read_devices(rows)
            events: list[Event] = [*metrics(rows, self._thinning, self._wall_ns), *self._span_events(spans)]
            self._journal.write(events)
            if note := self._thinning.after(self._journal.written_bytes):
                self._journal.write([note])
            # deleted after the write: an interrupt in between leaves a row twice rather than not at all
            del self._rows[:num_rows], self._spans[:num_spans]

    def _span_events(self, spans: Sequence[_SpanRow]) -> list[Span]:
        return [
            Span(
                at=(span.clock_ns + self._wall_ns) / 1e9,
                name=span.name,
                duration_s=span.duration_ns // 1000 / 1e6,
                lane=span.lane,
                step=span.step,
            )
            for span in spans
            if self._thinning.keep((span.name, span.lane))
        ]

    def _write_overdue(self) -> None:
        """From the thread: a loop in a long step, or between two, must not keep its rows to itself."""
        if (self._rows or self._spans) and time.perf_counter_ns() > self._next_flush + FLUSH_NS // 2:
            self._flush()

    # -- the end

    def end(self, status: EndStatus = "finished", error: str = "") -> None:
        """Write the last rows and how the run ended, durably; later calls do nothing."""
        if self.status is not None or not self._producing:
            return
        self.status = (self._stopping or status) if status == "finished" else status
        self._over.set()
        self._flush()
        with self._lock:
            self._journal.close(RunEnded(status=self.status, error=error))
        if self._held is not None:
            os.close(self._held)
        _open_runs.discard(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.end()
        elif issubclass(kind, KeyboardInterrupt):
            self.end("interrupted")
        else:
            self.end("failed", f"{kind.__name__}: {error}")

    def __del__(self) -> None:
        if getattr(self, "_journal", None) is not None:
            self.end("interrupted", "the run's object was dropped before its end")

    # -- reading

    def frame(self, name: str) -> Any:  # a pandas.DataFrame where pandas is installed
        """Step, time and value of a metric so far: see `Record.frame`."""
        self._flush_if_open()
        return self.record.frame(name)

    def gate(self, *expressions: str) -> None:
        """Raise GateFailed with the measured value unless every expression holds: `"val_accuracy >= 0.97"`."""
        self._flush_if_open()
        self.record.gate(*expressions)

    def _flush_if_open(self) -> None:
        if self.status is None:
            self._flush()

    # -- other processes

    def _after_fork(self) -> None:
        """In a forked loader worker: an additional writer, with a file of its own, and nothing of the parent's."""
        self._lock = threading.Lock()
        self._producing = False
        self._due = 0
        self._rows.clear()
        self._spans.clear()
        self._values = None
        self._journal.after_fork()
        if self._held is not None:
            os.close(self._held)
            self._held = None


_open_runs: weakref.WeakSet[Run] = weakref.WeakSet()


def _write_behind(run_ref: weakref.ref[Run], over: threading.Event, usage: UsageSource | None) -> None:
    """The run's thread: rows that a slow loop leaves behind, and the usage samples. Does not keep the run alive."""
    next_usage, every_s, num_samples = 0.0, USAGE_EVERY_S, 0
    while not over.wait(FLUSH_NS / 1e9):
        if (run := run_ref()) is None:
            return
        run._write_overdue()
        now = time.monotonic()
        if usage and now >= next_usage:
            for device, values in usage().items():
                run.emit(Usage(device=device, values=values))
            num_samples += 1
            if num_samples % USAGE_SAMPLES == 0:
                every_s *= 2
            next_usage = now + every_s
        del run


def _end_all() -> None:
    """A process that exits without `end`: finished, or failed where an uncaught error ends it."""
    error = getattr(sys, "last_value", None)
    for run in list(_open_runs):
        if error is None:
            run.end()
        else:
            run.end("failed", f"{type(error).__name__}: {error}")


def _fork_all() -> None:
    for run in list(_open_runs):
        run._after_fork()
    _open_runs.clear()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fork_all)
