"""The runs that a job's code starts: found in the job's record, read as they grow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from ds_notebook.record import Record
from ds_notebook.record.events import AnyEvent, Decision, Metrics, RunStarted
from ds_notebook.record.reader import Position
from ds_notebook.record.rows import DATA_WAIT
from ds_notebook.schedule.attempt import CHILD_RUN

LATENCY = "latency_s"
"""What a service logs of each request, or of a sample: seconds from its arrival to its answer."""
QUEUE_LENGTH = "queue_length"
PROGRESS = "progress"
"""What a job may log: the share of its work that is done, 0 to 1."""
WINDOW_S = 10.0
"""Numbers of the last so many seconds count."""


class Children:
    """A job's own run and those its code started, as one: steps, waits, latencies, progress."""

    def __init__(self, folder: Path) -> None:
        self._job = _Tail(Record(folder))
        self._children: dict[str, _Tail] = {}
        self._steps: deque[tuple[float, float]] = deque()
        """When a step began, and how long it had waited for its data."""
        self._latencies: deque[tuple[float, float]] = deque()
        self._last: dict[str, float] = {}
        self._serves = False

    @property
    def records(self) -> list[Record]:
        """The runs that the job's code started, oldest first."""
        return [child.record for child in self._children.values()]

    @property
    def saves(self) -> bool:
        """Whether one of them is a training of ours, which obeys Save and Stop."""
        return any(child.kind == "train" for child in self._children.values())

    @property
    def progress(self) -> float | None:
        """Share of its work that the job says is done, or that its training's steps tell."""
        if (said := self._last.get(PROGRESS)) is not None:
            return min(1.0, max(0.0, said))
        shares = [share for child in self._children.values() if (share := child.progress) is not None]
        return shares[-1] if shares else None

    def read(self, now: float) -> None:
        """Take in what has come; `now` is Unix seconds, as the writers of the same machine see it."""
        for event in self._job.read():
            self._add(event)
            if isinstance(event, Decision) and event.policy == CHILD_RUN:
                path = str(event.evidence.get("path", ""))
                self._children.setdefault(path, _Tail(Record(Path(path))))
        for child in self._children.values():
            for event in child.read():
                self._add(event)
        for recent in (self._steps, self._latencies):
            while recent and recent[0][0] < now - WINDOW_S:
                recent.popleft()

    def _add(self, event: AnyEvent) -> None:
        if not isinstance(event, Metrics):
            return
        for name in event.values:
            column = event.column(name)
            if name == DATA_WAIT:
                self._steps.extend(zip(event.times(), column, strict=True))
            elif name == LATENCY:
                self._latencies.extend(zip(event.times(), column, strict=True))
                self._serves = True
            elif name in (QUEUE_LENGTH, PROGRESS):
                self._last[name] = column[-1]

    @property
    def serves(self) -> bool:
        """Whether it has ever said how long a request took."""
        return self._serves

    def latency_p99_s(self, since: float = 0.0) -> float | None:
        """The 99th percentile of the last seconds, or since a time (Unix seconds); None where nothing was answered."""
        return percentile(sorted(latency for at, latency in self._latencies if at >= since), 0.99)

    def values(self) -> dict[str, float]:
        """Of the twelve metrics those that the job's own records tell; the others are absent."""
        found: dict[str, float] = {}
        if len(self._steps) > 1:
            span_s = self._steps[-1][0] - self._steps[0][0]
            if span_s > 0:
                found["step_time_s"] = span_s / (len(self._steps) - 1)
                found["data_wait_pct"] = min(100.0, 100 * sum(wait for _, wait in self._steps) / span_s)
        if (p99_s := self.latency_p99_s()) is not None:
            found["latency_p99_s"] = p99_s
        if QUEUE_LENGTH in self._last:
            found[QUEUE_LENGTH] = self._last[QUEUE_LENGTH]
        return found


def was_stopped(folder: Path, since: float) -> bool:
    """Whether a run that the job in `folder` started since then (Unix seconds) was stopped before its end."""
    return any(
        Record(Path(str(event.evidence.get("path", "")))).state == "stopped"
        for event in Record(folder).events()
        if isinstance(event, Decision) and event.policy == CHILD_RUN and event.at >= since
    )


class _Tail:
    """One record, read on from where it was read to."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.kind = ""
        self._total_steps: int | None = None
        self._last_step = -1
        self._position: Position = {}

    @property
    def progress(self) -> float | None:
        return (self._last_step + 1) / self._total_steps if self._total_steps else None

    def read(self) -> Iterable[AnyEvent]:
        events, self._position = self.record.tail(self._position)
        for event in events:
            if isinstance(event, RunStarted):
                self.kind, self._total_steps = event.kind, event.total_steps
            if isinstance(event, Metrics) and event.steps:
                self._last_step = event.steps[-1]
        return events


def percentile(ordered: list[float], share: float) -> float | None:
    """The value below which `share` of the `ordered` ones lie; None of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
