"""The producer's side of a record: what a loop writes while it works, and the commands it obeys."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from msgspec import structs

from ds_notebook.record.blobs import Content, save_blob
from ds_notebook.record.commands import AnyCommand, Inbox, Pause, Resume, Stop, Unknown
from ds_notebook.record.events import Artifact, Decision, EndStatus, Event, Note, RunEnded, RunStarted, Span, Usage
from ds_notebook.record.journal import Journal
from ds_notebook.record.lock import hold_lock
from ds_notebook.record.reader import Record
from ds_notebook.record.rows import Row, Thinning, metrics, number, read_devices

FLUSH_NS = 250_000_000
"""Rows wait this long before they are written."""
OVERDUE_NS = 100_000_000
"""Rows that the loop itself has not written so long after that are written by the run's thread: 0.35 s at most."""
POLL_NS = 50_000_000
"""Commands are looked for at the first step boundary this long after the last look."""

USAGE_EVERY_S = 1.0
USAGE_SAMPLES = 1000
"""After so many samples the time between two doubles: a week's record stays small."""

_NOTHING_YET: dict[str, Any] = {}
"""What a step has logged before its first log: one for all, never written to."""

_NO_COMMANDS: tuple[AnyCommand, ...] = ()

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

    def __init__(
        self,
        folder: Path,
        started: RunStarted | None,
        usage: UsageSource | None = None,
        thinning: Thinning | None = None,
    ) -> None:
        """Begin to write in `folder`; raises RecordError while another process produces this run.

        Without `started` it is an additional writer of a run that another process produces: it
        holds no lock, obeys no command and writes at once. `usage` is sampled once a second.
        """
        self.path = folder
        self.id = folder.name
        self.step = started.first_step if started else 0
        """The step that is running or comes next; the first is 0, or where a resumed run goes on."""
        self.sampling = False
        """True in one step of each 0.25 s: the one in which to take what is costly, a gradient norm for one."""
        self.status: EndStatus | None = None
        """How the run ended; None before."""
        self.paused_s = 0.0
        """Seconds spent in pauses so far."""
        self._error = ""
        self._ended = False
        self._stopping: EndStatus | None = None
        self._paused = False
        self._polls = False
        self._asked: list[AnyCommand] = []
        self._rows: list[Row] = []
        self._spans: list[_SpanRow] = []
        self._values: dict[str, Any] | None = None
        self._thinning = thinning or Thinning()
        self._next_flush = time.perf_counter_ns() + POLL_NS
        self._due = self._next_flush if started else 0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._wait: Callable[[float | None], None] | None = None
        self._started = started
        self._producing = started is not None
        self._held = hold_lock(folder) if started else None
        self._inbox = Inbox(folder)
        self._journal = Journal(folder)
        if started:
            self._journal.write([started], durable=True)
            _open_runs.add(self)
            threading.Thread(
                target=_write_behind,
                args=(weakref.ref(self), self._over, usage),
                name=f"ds-run {self.id}",
                daemon=True,
            ).start()

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
            self._values = _NOTHING_YET
            try:
                yield batch
            finally:  # a break or an error in the loop's body ends this generator here
                values, self._values = self._values, None
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
            if self._values:
                self._values.update(values)
            else:
                self._values = values
            return
        now = time.perf_counter_ns()
        if step is not None:
            self.step = step
        self._rows.append(Row(self.step, now, None, values))
        self.sampling = False
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
        """Write any event now, after the end too; with `durable` it is on the disk before this returns."""
        with self._lock:
            self._journal.write([event])
        if durable:
            self._journal.sync()  # without the lock: a disk may take its time, and the loop's rows shall not wait
        if self._ended:
            with self._lock:
                self._journal.close()

    def note(self, text: str, level: Any = "info") -> None:
        """Write a sentence for the reader of the record."""
        self.emit(Note(level=level, text=text))

    def save_blob(
        self, name: str, content: Content, *, kind: str, step: int | None = None, marks: Sequence[str] = ()
    ) -> Artifact | None:
        """Keep a file with the run; None, with a Note that says why, where there is no room for it.

        `content` is bytes, or the file's parts in order; `step` is the running one if not given. For each of `marks` a
        second event names the file under that kind; all are written at once.
        """
        try:
            artifact = save_blob(self.path, name, content, kind=kind, step=self.step if step is None else step)
        except OSError as error:
            self.note(f"{name} could not be saved: {error.strerror}.", "error")
            return None
        events = [artifact, *(structs.replace(artifact, kind=mark) for mark in marks)]
        with self._lock:
            is_named = self._journal.write_now(events)
        if is_named and self._journal.sync():
            return artifact
        (self.path / artifact.path).unlink(missing_ok=True)  # a file that the record does not name does not count
        self.note(f"{name} could not be saved: the run's record could not be written.", "error")
        return None

    @property
    def num_steps(self) -> int:
        """Steps so far, the running one among them."""
        return self.step + (self._values is not None)

    def flush(self) -> None:
        """Write what was logged so far, by the running step too: before a checkpoint counts, so must its rows."""
        if self._values:
            self._rows.append(Row(self.step, time.perf_counter_ns(), None, self._values))
            self._values = _NOTHING_YET
        self._flush()

    def go_back(self, step: int, reason: str) -> None:
        """Continue from `step`, which was reached before: what was recorded from there on no longer counts."""
        self._flush()
        self.emit(
            Decision(policy="rollback", subject=self.id, verdict="applied", reason=reason, evidence={"step": step})
        )
        self.step = step

    # -- what a loop is told

    @property
    def stopping(self) -> bool:
        """True once the run was asked to end; `steps` yields nothing any more."""
        return self._stopping is not None

    def ask_to_end(self, status: EndStatus) -> None:
        """End after the running step. Only sets a flag, so that a signal handler may call it."""
        self._stopping = self._stopping or status

    def poll(self) -> Sequence[AnyCommand]:
        """Commands that came and are the loop's to carry out (`Save`, `Set`); answer each.

        Stop, Pause and Resume are dealt with by the run itself. A loop that never polls refuses the
        others in the record; one that does is asked again after each step. Between two loops of
        `steps`, in an evaluation for one, this is also where the run looks for them.
        """
        if self._values is None and (now := time.perf_counter_ns()) >= self._due:
            self._look(now)
        self._polls = True
        if not self._asked:
            return _NO_COMMANDS
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
        if self._ended:
            self._rows.clear()
            self._spans.clear()
            warnings.warn(f"Run {self.id} has ended: what is logged now is not in its record.", stacklevel=3)
            return
        if not self._producing:
            self._flush()
            return
        self._obey()
        if self._paused:
            self._wait_for_resume()
        if now >= self._next_flush:
            self._flush()
            self._next_flush = now + FLUSH_NS
            self.sampling = True
        self._due = time.perf_counter_ns() + POLL_NS

    def _wait_for_resume(self) -> None:
        start_s = time.perf_counter()
        while self._paused and self._stopping is None:
            time.sleep(POLL_NS / 1e9)
            self._obey()
        self.paused_s += time.perf_counter() - start_s

    def _obey(self) -> None:
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
                case _ if self._polls:
                    self._asked.append(command)
                case _:
                    self.answer(command, refused=f"this loop does not take {command.word!r}")

    # -- writing

    def _flush(self) -> None:
        with self._lock:
            num_rows, num_spans = len(self._rows), len(self._spans)
            rows, spans = self._rows[:num_rows], self._spans[:num_spans]
            read_devices(rows)
            wall_ns = time.time_ns() - time.perf_counter_ns()  # anew each time: a laptop that slept moves it
            events: list[Event] = [
                *metrics(rows, self._thinning, wall_ns),
                *(_span_event(span, wall_ns) for span in spans if self._thinning.thin((span.name, span.lane), [span])),
            ]
            self._journal.write(events)
            if note := self._thinning.after(self._journal.written_bytes):
                self._journal.write([note])
            # deleted after the write: an interrupt in between leaves a row twice rather than not at all
            del self._rows[:num_rows], self._spans[:num_spans]

    def _write_overdue(self) -> float:
        """From the thread: a loop in a long step, or between two, must not keep its rows to itself.

        Returns the seconds after which to look again.
        """
        left_ns = self._next_flush + OVERDUE_NS - time.perf_counter_ns()
        if left_ns > 0:
            return left_ns / 1e9
        if self._rows or self._spans or self._journal.failure:
            self._flush()
        return FLUSH_NS / 1e9

    def _write_usage(self, usage: dict[str, dict[str, float]]) -> None:
        """From the thread, which may still be measuring when the run has ended."""
        with self._lock:
            if self.status is None:
                self._journal.write([Usage(device=device, values=values) for device, values in usage.items()])

    # -- the end

    def end(self, status: EndStatus = "finished", error: str = "") -> None:
        """Write the last rows and how the run ended, durably; later calls do nothing."""
        if self._ended:
            return
        if not self._producing:
            self._flush()
            self._journal.close()
            return
        if self.status is None:
            self.status = (self._stopping or status) if status == "finished" else status
            self._error = error
        try:
            self._write_end(self.status)
        except KeyboardInterrupt:  # an impatient second one: the end is written all the same
            self._write_end(self.status)
            raise

    def _write_end(self, status: EndStatus) -> None:
        self._over.set()
        for command in [*self._asked, *self._inbox.poll()]:
            self.answer(command, refused="the run had ended")
        self._flush()
        with self._lock:
            self._journal.end(RunEnded(status=status, error=self._error))
        self._ended = True
        self._due = 0  # whatever is logged now meets a look, which says that it is too late
        self._release()
        _open_runs.discard(self)

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end(*_ending(error))

    def __del__(self) -> None:
        if getattr(self, "_journal", None) is not None:
            self.end("interrupted", "the run's object was dropped before its end")

    def waits_for(self, wait: Callable[[float | None], None]) -> None:
        """What `wait` calls, where the run works in the background: with a timeout in seconds, or None."""
        self._wait = wait

    def wait(self, timeout_s: float | None = None) -> Self:
        """Return once the run is over, or after `timeout_s`; raises what ended it in the background."""
        if self._wait is not None:
            self._wait(timeout_s)
        else:
            self._over.wait(timeout_s)
        return self

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
        self._journal.close()
        self._release()


def _span_event(span: _SpanRow, wall_ns: int) -> Span:
    return Span(
        at=(span.clock_ns + wall_ns) / 1e9,
        name=span.name,
        duration_s=span.duration_ns // 1000 / 1e6,
        lane=span.lane,
        step=span.step,
    )


def _ending(error: BaseException | None) -> tuple[EndStatus, str]:
    """How a run ended whose block, or whose process, was left by `error`."""
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return "finished", ""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", ""
    return "failed", f"{type(error).__name__}: {error}"


_open_runs: weakref.WeakSet[Run] = weakref.WeakSet()


def _write_behind(run_ref: weakref.ref[Run], over: threading.Event, usage: UsageSource | None) -> None:
    """The run's thread: rows that a slow loop leaves behind, and the usage samples. Does not keep the run alive."""
    wait_s, next_usage, every_s, num_samples = FLUSH_NS / 1e9, 0.0, USAGE_EVERY_S, 0
    while not over.wait(wait_s):
        if (run := run_ref()) is None:
            return
        wait_s = run._write_overdue()
        now = time.monotonic()
        if usage and now >= next_usage:
            run._write_usage(usage())
            num_samples += 1
            if num_samples % USAGE_SAMPLES == 0:
                every_s *= 2
            next_usage = now + every_s
        del run


def _end_all() -> None:
    """A process that exits without `end`: finished, or failed where an uncaught error ends it."""
    ending = _ending(getattr(sys, "last_value", None))
    for run in list(_open_runs):
        run.end(*ending)


def _fork_all() -> None:
    for run in list(_open_runs):
        run._after_fork()
    _open_runs.clear()


atexit.register(_end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fork_all)
