"""The queue as a scene: who runs where, who waits for what, and why it was decided so."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

from ds_notebook.draw import Scene, Table, Text
from ds_notebook.draw.shapes import AnyShape
from ds_notebook.draw.ticks import seconds
from ds_notebook.record.events import AnyEvent, Decision, JobChanged, Note, RunStarted, Usage
from ds_notebook.record.state import OVER, State
from ds_notebook.schedule.fold import apply
from ds_notebook.schedule.gauges import JOB, Gauges
from ds_notebook.schedule.job import JobState
from ds_notebook.schedule.lanes import Lanes
from ds_notebook.schedule.state import Job, Machine, Queue
from ds_notebook.schedule.timetable import Timetable

MOST_ROWS = 50
MOST_SAID = 5
MOST_LETTERS = 160
IDLE_S = 3600.0
"""After so long without a job the picture begins anew with the next one."""
_ORDER: tuple[JobState, ...] = (
    "running",
    "starting",
    "paused",
    "stopping",
    "waiting",
    "failed",
    "cancelled",
    "succeeded",
)
_EMPTY = "No job yet. Try: %ds_schedule submit nightly.ipynb -p lr 0.1"


class _Said(NamedTuple):
    at: float
    text: str


class ScheduleView:
    """Folds the queue's events into a bounded picture: about 50 kB, with three jobs and with a thousand."""

    def __init__(self) -> None:
        self._queue = Queue(machine=Machine(cores=(), memory_bytes=0))
        self._timetable = Timetable(())
        self._begin(0.0)
        self._progress: dict[str, float] = {}
        self._last_at = 0.0

    def _begin(self, at: float) -> None:
        self._beginning = self._changed_at = at
        self._lanes, self._gauges = Lanes(), Gauges()
        self._said: deque[_Said] = deque(maxlen=MOST_SAID)

    def add(self, event: AnyEvent) -> None:
        """Take in one event, in the order of the record."""
        if not self._queue.open and isinstance(event, RunStarted | Decision):
            self._begin_anew(event.at)
        apply(self._queue, event)
        self._timetable.add_event(event)
        self._last_at = max(self._last_at, event.at)
        at = event.at - self._beginning
        match event:
            case JobChanged() if job := self._queue.jobs.get(event.job):
                self._changed_at = event.at
                self._lanes.change(job, at)
                if event.before == event.after != "waiting" or event.after in ("paused", "stopping"):
                    self._say(at, job, event.reason)
            case Note(level="warning"):
                self._said.append(_Said(at, event.text[:MOST_LETTERS]))
            case Usage():
                self._gauges.add(event, at)
                if "progress" in event.values:
                    self._progress[event.device.removeprefix(JOB)] = event.values["progress"]

    def _begin_anew(self, at: float) -> None:
        if not self._last_at or at - self._changed_at > IDLE_S:
            self._begin(at)

    def _say(self, at: float, job: Job, reason: str) -> None:
        text = f"{job.name}: {reason}"[:MOST_LETTERS]
        if reason and all(said.text != text or at - said.at > 1 for said in self._said):
            self._said.append(_Said(at, text))

    def scene(self, state: State | None = None) -> Scene:
        """The scene; `state` is what the reader knows of the scheduler's process."""
        jobs = sorted([*self._queue.jobs.values(), *self._timetable.jobs()], key=_place)
        timeline = self._lanes.shape(self._queue, self._last_at - self._beginning)
        panels: list[AnyShape] = [
            Text(lines=[*self._answer(jobs, state), *self._decisions()]),
            *([self._table(jobs)] if jobs else []),
            *([timeline] if timeline else []),
            *self._gauges.panels(self._name),
        ]
        commands = [] if state is None or state in OVER else self._commands(jobs)
        return Scene(title=self._title(jobs, state), panels=panels, commands=commands)

    # -- in words

    @staticmethod
    def _title(jobs: list[Job], state: State | None) -> str:
        words = _counted(Counter(job.state for job in jobs)) or "no job"
        return f"schedule: {words}" + (", no scheduler runs" if state in OVER else "")

    def _answer(self, jobs: list[Job], state: State | None) -> list[str]:
        """First the numbers with the reasons of those that wait; then of what failed last."""
        if not jobs:
            return [_EMPTY]
        counts = Counter(job.state for job in jobs)
        in_line = sorted((job for job in jobs if job.state == "waiting"), key=lambda job: bool(job.spec.every))
        waiting = [f"{job.name} {job.reason}" for job in in_line if job.reason][:2]
        lines = [_sentence(_counted(counts), waiting, counts["waiting"] - len(waiting))]
        failed = [f"{job.name}: {job.reason}" for job in jobs if job.state == "failed"][:2]
        if failed:
            lines.append(_sentence("Failed", failed, counts["failed"] - len(failed)))
        if state in OVER and any(not job.is_done for job in jobs):
            lines.append("No scheduler runs: `ds schedule start` goes on with the queue.")
        return lines

    def _decisions(self) -> list[str]:
        return [f"{seconds(max(said.at, 0.0))}: {said.text}" for said in reversed(self._said)]

    def _name(self, job_id: str) -> str:
        job = self._queue.jobs.get(job_id)
        return job.name if job else job_id

    @staticmethod
    def _commands(jobs: list[Job]) -> list[str]:
        """As they are typed behind `ds jobs`, of each open job of the table; a priority with the one it has."""
        return [word for job in jobs[:MOST_ROWS] if not job.is_done for word in _orders(job)]

    # -- in pictures

    def _table(self, jobs: list[Job]) -> Table:
        rows = [self._row(job) for job in jobs[:MOST_ROWS]]
        hidden = f" ({MOST_ROWS} of {len(jobs):,})" if len(jobs) > MOST_ROWS else ""
        columns = ["job", "name", "state", "progress", "got", "ran", "reason"]
        return Table(heading=f"jobs{hidden}", columns=columns, rows=rows)

    def _row(self, job: Job) -> list[str | float | int | None]:
        progress = 1.0 if job.state == "succeeded" else self._progress.get(job.id)
        ran_s = job.ran_s(self._last_at)
        return [
            job.id,
            job.name[:40],
            job.state,
            "" if progress is None else f"{progress:.0%}",
            _got(job),
            seconds(ran_s) if ran_s else "",
            job.reason[:MOST_LETTERS],
        ]


def _place(job: Job) -> tuple[float, ...]:
    """Where its row is: of those that wait, what comes again is first; of those that are done, the latest."""
    if job.is_done:
        return (_ORDER.index(job.state), -job.since_s, job.number)
    return (_ORDER.index(job.state), not job.spec.every, -job.priority, job.number)


def _orders(job: Job) -> list[str]:
    cancel = f"cancel {job.id}"
    if job.spec.every:  # each time that it comes is a job with a priority of its own
        return [cancel]
    return [cancel, f"priority {job.id} {job.priority}"]


def _counted(counts: Counter[JobState]) -> str:
    return ", ".join(f"{counts[state]:,} {state}" for state in _ORDER if counts[state])


def _sentence(beginning: str, parts: list[str], more: int) -> str:
    rest = f"; and {more:,} more" if more > 0 and parts else ""
    return f"{beginning}{': ' if parts else ''}{'; '.join(part[:MOST_LETTERS].rstrip('.') for part in parts)}{rest}."


def _got(job: Job) -> str:
    """What it has, in words: core 0, GPU 1, may use core 2."""
    placement = job.placement
    words = [f"core {_numbers(placement.cores)}"] if placement.cores else []
    words += [f"GPU {_numbers(placement.gpus)}"] if placement.gpus else []
    words += [f"may use core {_numbers(placement.borrowed)}"] if placement.borrowed else []
    return ", ".join(words)


def _numbers(numbers: tuple[int, ...]) -> str:
    """0-3 where they follow one another."""
    if len(numbers) > 2 and numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}-{numbers[-1]}"
    return " and ".join(map(str, numbers))


def scene(events: Iterable[AnyEvent], state: State | None = None) -> Scene:
    """The scene of a queue's events."""
    view = ScheduleView()
    for event in events:
        view.add(event)
    return view.scene(state)
