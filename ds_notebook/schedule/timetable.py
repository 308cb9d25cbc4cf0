"""Jobs that come again and again: each time that cron's notation names is a job of its own.

Times that passed while no scheduler was there, more than a minute ago, are not made up for.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ds_notebook.errors import UsageError
from ds_notebook.record.events import AnyEvent, Decision
from ds_notebook.schedule.attempt import whole_spec
from ds_notebook.schedule.cron import in_words, next_time
from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.state import Job

EVERY = "every"
"""Policy of the Decisions that take up a timetable, plan its next time, and cancel it."""
_LATE_S = 60.0


class Timetable:
    """What comes again, and when next: as the record tells it, and as it is decided."""

    def __init__(self, events: Iterable[AnyEvent]) -> None:
        self._jobs: dict[str, Job] = {}
        self._said_next: dict[str, float] = {}
        """What the record says; `_next` is what this life of the scheduler has found."""
        self._next: dict[str, float] = {}
        self._wall_s = 0.0
        self._halted: set[str] = set()
        self._unsaid: list[Decision] = []
        for event in events:
            self.add_event(event)

    def jobs(self) -> list[Job]:
        """Each as a job that waits for its next time, or was cancelled; in the order of submits."""
        return list(self._jobs.values())

    @property
    def specs(self) -> list[JobSpec]:
        """The jobs that come again."""
        return [job.spec for job in self._jobs.values() if not job.is_done]

    def next_at(self, job: str) -> float | None:
        """Unix seconds of its next time; None where it does not come again."""
        return self._said_next.get(job)

    def __contains__(self, job: str) -> bool:
        return job in self._jobs and not self._jobs[job].is_done

    def __bool__(self) -> bool:
        return bool(self.specs)

    def has_had(self, job: str) -> bool:
        """Also where it was cancelled: its submit, which is read again at each start, is answered."""
        return job in self._jobs

    # -- the record

    def add_event(self, event: AnyEvent) -> None:
        """Take in an event of the queue's record."""
        if not (isinstance(event, Decision) and event.policy == EVERY):
            return
        if event.verdict == "accepted":
            spec = msgspec.convert(event.evidence, JobSpec)
            number = len(self._jobs)
            self._jobs[spec.id] = Job(spec=spec, number=number, priority=spec.priority, since_s=event.at)
        if job := self._jobs.get(event.subject):
            self._said_next.pop(job.id, None)
            if event.verdict == "planned":
                self._said_next[job.id] = float(event.evidence["at"])
            self._jobs[job.id] = _standing(job, event)

    # -- decisions

    def add(self, spec: JobSpec, wall_s: float) -> list[Decision]:
        """Take up a job that comes again; the events that say so."""
        accepted = Decision(policy=EVERY, subject=spec.id, verdict="accepted", evidence=msgspec.to_builtins(spec))
        self._next[spec.id] = next_time(spec.every, wall_s)
        planned = _planned(spec.id, self._next[spec.id])
        for event in (accepted, planned):
            self.add_event(event)
        return [accepted, planned]

    def cancel(self, job: str) -> Decision:
        """It comes no more; what has come already goes on."""
        event = Decision(policy=EVERY, subject=job, verdict="cancelled")
        self.add_event(event)
        return event

    def due(self, wall_s: float) -> list[JobSpec]:
        """The jobs whose time has come since the last call.

        One whose times cannot be told here (its extra is gone, or reads it otherwise) halts alone.
        """
        if wall_s < self._wall_s - _LATE_S:  # the clock was set back: what was to be next may be years away
            self._next.clear()
        self._wall_s = wall_s
        found = []
        for spec in self.specs:
            if spec.id not in self._halted:
                try:
                    found += self._due(spec, wall_s)
                except UsageError as error:
                    self._halted.add(spec.id)
                    self._say(Decision(policy=EVERY, subject=spec.id, verdict="refused", reason=str(error)))
        return found

    def take_unsaid(self) -> list[Decision]:
        """What came of `due`: to be said once the jobs that it gave are in the record, or a crash would lose them."""
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def _due(self, spec: JobSpec, wall_s: float) -> list[JobSpec]:
        job = spec.id
        if job not in self._next:
            self._next[job] = next_time(spec.every, max(min(spec.submitted_at, wall_s), wall_s - _LATE_S))
        time_s = self._next[job]
        if time_s <= wall_s:
            self._next[job] = next_time(spec.every, max(time_s, wall_s - _LATE_S))
        if self._next[job] != self._said_next.get(job):
            self._say(_planned(job, self._next[job]))
        return [_occurrence(spec, time_s)] if time_s <= wall_s else []

    def _say(self, event: Decision) -> None:
        self.add_event(event)
        self._unsaid.append(event)


def _planned(job: str, at: float) -> Decision:
    return Decision(policy=EVERY, subject=job, verdict="planned", reason=f"next {_moment(at)}", evidence={"at": at})


def _standing(job: Job, event: Decision) -> Job:
    """The job as it stands after an event that concerns it."""
    comes = f"comes {in_words(job.spec.every)}"
    match event.verdict:
        case "planned":
            reason = f"{comes}, next {_moment(event.evidence['at'])}"
        case "refused":
            reason = f"does not come again: {event.reason}"
        case "cancelled":
            return msgspec.structs.replace(job, state="cancelled", reason="cancelled by its user", since_s=event.at)
        case _:
            reason = comes
    return msgspec.structs.replace(job, reason=reason)


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


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
    later_s = time_s - spec.submitted_at
    deadline = None if spec.deadline is None else spec.deadline + later_s
    not_before = None if spec.not_before is None else spec.not_before + later_s
    return msgspec.structs.replace(
        spec, id=id, output=output, every="", submitted_at=time_s, deadline=deadline, not_before=not_before
    )
