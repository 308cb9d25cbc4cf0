"""What is asked of the scheduler: commands become facts for the core, or are refused with the reason."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from ds_notebook.errors import DsError
from ds_notebook.record.commands import AnyCommand, Cancel, Set, Stop, Submit, Unknown
from ds_notebook.record.events import AnyEvent, Decision, Note
from ds_notebook.schedule.attempt import keep_spec, recorded
from ds_notebook.schedule.cron import next_time
from ds_notebook.schedule.events import AnyFact, Cancelled, PriorityChanged, Submitted
from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.inbox import PRIORITY
from ds_notebook.schedule.job import JobSpec, wrong_spec
from ds_notebook.schedule.ledger import Ledger
from ds_notebook.schedule.producer import answer
from ds_notebook.schedule.state import Queue
from ds_notebook.schedule.timetable import Timetable, whole_of


class Taken(NamedTuple):
    """What came of some commands."""

    facts: list[AnyFact]
    answers: list[Decision]
    """To be written once the core has learned the facts: an applied order is one that is done."""
    stops: bool


class Asked:
    """Takes each command once, whichever scheduler's life it came in."""

    def __init__(self, home: Path, events: Iterable[AnyEvent], timetable: Timetable, ledger: Ledger) -> None:
        """`events`: the record of the lives before."""
        self._home = home
        self._timetable = timetable
        self._ledger = ledger
        self._answered = {event.subject for event in events if isinstance(event, Decision)}

    def take(self, commands: Sequence[AnyCommand | Unknown], queue: Queue, *, came_before: bool = False) -> Taken:
        """What the commands come to; `came_before`: they were sent while another scheduler served, or none."""
        fresh = [command for command in commands if command.id not in self._answered]
        self._answered.update(command.id for command in fresh)
        submitted = self._submitted([command for command in fresh if isinstance(command, Submit)], queue)
        facts: list[AnyFact] = [submitted] if submitted.jobs else []
        open_jobs = {*queue.open, *(spec.id for spec in submitted.jobs)}
        answers: list[Decision] = []
        stops = False
        for command in fresh:
            refused = ""
            match command:
                case Submit():
                    continue
                case Cancel(job=job) if job in self._timetable:
                    self._ledger.emit([self._timetable.cancel(job)], durable=True)
                case Cancel(job=job) if job in open_jobs:
                    facts.append(Cancelled(job=job))
                case Set(name=name, value=value) if (job := name.removesuffix(PRIORITY)) in open_jobs:
                    facts.append(PriorityChanged(job=job, priority=int(value)))
                case Stop() if not came_before:
                    stops = True
                case _:
                    refused = _refusal(command)
            answers.append(answer(command, refused))
        return Taken(facts, answers, stops)

    def due(self, wall_s: float) -> list[JobSpec]:
        """The jobs whose time has come again."""
        kept = []
        for spec in self._timetable.due(wall_s):
            if wrong := self._not_kept(whole_of(self._home, spec)):
                self._ledger.emit([Note(level="warning", text=f"{spec.id} did not come: {wrong}")])
            else:
                kept.append(spec)
        return kept

    def _submitted(self, commands: Sequence[Submit], queue: Queue) -> Submitted:
        """The jobs that are new and do not come again, as the record may hold them; the others are dealt with."""
        specs, refused = [], {}
        for command in commands:
            try:
                spec = msgspec.convert(command.job, JobSpec)
            except msgspec.ValidationError as error:
                self._ledger.emit([answer(command, f"it is no job: {error}")])
                continue
            if spec.id in queue.jobs or self._timetable.has_had(spec.id):
                continue
            if wrong := wrong_spec(spec):
                self._ledger.emit([answer(command, wrong)])
                continue
            specs.append(spec)
            if wrong := _wrong_time(spec) or self._not_kept(spec):
                refused[spec.id] = wrong
        safe = [recorded(spec) for spec in specs]
        again = [spec for spec in safe if spec.every and spec.id not in refused]
        if planned := [event for spec in again for event in self._timetable.add(spec, time.time())]:
            self._ledger.emit(planned, durable=True)
        return Submitted(jobs=tuple(spec for spec in safe if spec not in again), refused=refused)

    def _not_kept(self, spec: JobSpec) -> str:
        """Keep what the record may not hold of a job; empty, or why that cannot be."""
        try:
            self._ledger.once_there_is_room(lambda: keep_spec(job_folder(self._home, spec.id), spec))
        except OSError as error:
            return f"its folder cannot be written: {error.strerror}"
        return ""


def _wrong_time(spec: JobSpec) -> str:
    """Why it cannot come again, which the scheduler's own Python decides; empty where it can."""
    try:
        if spec.every:
            next_time(spec.every, time.time())
    except DsError as error:
        return str(error)
    return ""


def _refusal(command: AnyCommand | Unknown) -> str:
    match command:
        case Cancel(job=job):
            return f"there is no open job {job!r}"
        case Set(name=name):
            return f"only JOB.priority of an open job can be set, not {name!r}"
        case Stop():
            return "it was for a scheduler that has ended"
        case Unknown():
            return "this version does not know the command"
    return f"a scheduler does not take {command.word!r}"
