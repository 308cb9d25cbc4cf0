"""Jobs that come again and again: each time that cron's notation names is a job of its own.

Times that passed while no scheduler was there, more than a minute ago, are not made up for.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook.errors import UsageError, missing_extra
from ds_notebook.record.events import AnyEvent, Decision, Note
from ds_notebook.schedule.attempt import whole_spec
from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.job import JobSpec

EVERY = "every"
"""Policy of the Decision that takes up a timetable, or cancels it."""
_LATE_S = 60.0


class Timetable:
    """What comes again, and when next."""

    def __init__(self, events: Iterable[AnyEvent]) -> None:
        self._specs: dict[str, JobSpec] = {}
        self._next: dict[str, float] = {}
        self._taken_up: set[str] = set()
        self._halted: set[str] = set()
        self._notes: list[Note] = []
        for event in events:
            self.add_event(event)

    @property
    def specs(self) -> list[JobSpec]:
        """The jobs that come again."""
        return list(self._specs.values())

    def add_event(self, event: AnyEvent) -> None:
        """Take in an event of the queue's record."""
        if isinstance(event, Decision) and event.policy == EVERY:
            self._fold(event)

    def _fold(self, event: Decision) -> None:
        self._taken_up.add(event.subject)
        if event.verdict == "accepted":
            self._specs[event.subject] = msgspec.convert(event.evidence, JobSpec)
        else:
            self._specs.pop(event.subject, None)

    def __contains__(self, job: str) -> bool:
        return job in self._specs

    def has_had(self, job: str) -> bool:
        """Also where it was cancelled: its submit, which is read again at each start, is answered."""
        return job in self._taken_up

    def __bool__(self) -> bool:
        return bool(self._specs)

    def add(self, spec: JobSpec, wall_s: float) -> Decision:
        """Take up a job that comes again; the event that says so."""
        event = Decision(policy=EVERY, subject=spec.id, verdict="accepted", evidence=msgspec.to_builtins(spec))
        self._fold(event)
        self._next[spec.id] = next_time(spec.every, wall_s)
        return event

    def cancel(self, job: str) -> Decision:
        """It comes no more; what has come already goes on."""
        event = Decision(policy=EVERY, subject=job, verdict="cancelled")
        self._fold(event)
        return event

    def due(self, wall_s: float) -> list[JobSpec]:
        """The jobs whose time has come since the last call.

        One whose times cannot be told here (its extra is gone, or reads it otherwise) halts alone, with a note.
        """
        found = []
        for spec in self._specs.values():
            if spec.id not in self._halted:
                try:
                    found += self._due(spec, wall_s)
                except UsageError as error:
                    self._halted.add(spec.id)
                    self._notes.append(
                        Note(level="warning", text=f"{spec.name or spec.id} does not come again: {error}")
                    )
        return found

    def take_notes(self) -> list[Note]:
        """What is to be said since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def _due(self, spec: JobSpec, wall_s: float) -> list[JobSpec]:
        job = spec.id
        if job not in self._next:
            self._next[job] = next_time(spec.every, max(spec.submitted_at, wall_s - _LATE_S))
        time_s = self._next[job]
        if time_s > wall_s:
            return []
        self._next[job] = next_time(spec.every, max(time_s, wall_s - _LATE_S))
        return [_occurrence(spec, time_s)]


def whole_of(home: Path, spec: JobSpec) -> JobSpec:
    """An occurrence with what the record does not hold of its timetable."""
    whole = whole_spec(job_folder(home, spec.id.rpartition(".")[0]), spec)
    return msgspec.structs.replace(whole, id=spec.id, output=spec.output, every="")


def _occurrence(spec: JobSpec, time_s: float) -> JobSpec:
    """Named by its time, so that it comes once, however often the scheduler is started in that minute."""
    stamp = datetime.datetime.fromtimestamp(time_s).strftime("%Y%m%d-%H%M%S")
    id = f"{spec.id}.{stamp}"
    output = spec.output.removesuffix(f".{spec.id}.ipynb")
    if output != spec.output:  # it is named by the job: each time has a result of its own
        output += f".{id}.ipynb"
    return msgspec.structs.replace(spec, id=id, output=output, every="", submitted_at=time_s)


def next_time(every: str, after_s: float) -> float:
    """Unix seconds of the first time after `after_s`, in this machine's time zone.

    Raises UsageError for what is not cron's notation.
    """
    try:
        croniter: Any = import_module("croniter").croniter  # it has no types, and only who asks for it needs it
    except ImportError:
        raise missing_extra("A job that comes again", "schedule") from None
    start = datetime.datetime.fromtimestamp(after_s).astimezone()
    try:
        found: datetime.datetime = croniter(every, start).get_next(datetime.datetime)
    except (ValueError, KeyError):
        raise UsageError(
            f'every {every!r} is no time as cron writes it. Write it like "0 3 * * *", which is each night at three.'
        ) from None
    return found.timestamp()
