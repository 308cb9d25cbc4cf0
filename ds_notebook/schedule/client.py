"""How programs, notebooks and commands talk to the scheduler: they append to its folder and read its record."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook.errors import RecordError, UsageError
from ds_notebook.record import Record
from ds_notebook.record.commands import Cancel, Set, Submit, send_all
from ds_notebook.record.events import Decision, Usage
from ds_notebook.record.lock import is_held
from ds_notebook.record.reader import Position
from ds_notebook.schedule.admit import refusal, wrong_after
from ds_notebook.schedule.attempt import recorded
from ds_notebook.schedule.config import SchedulerConfig, config_of
from ds_notebook.schedule.cron import next_time
from ds_notebook.schedule.fold import apply
from ds_notebook.schedule.home import open_home
from ds_notebook.schedule.inbox import PRIORITY, QueueInbox
from ds_notebook.schedule.job import JobSpec, wrong_spec
from ds_notebook.schedule.launch import is_scheduler, is_there, last_words, launch
from ds_notebook.schedule.machine import quick_machine
from ds_notebook.schedule.numbers import latest
from ds_notebook.schedule.state import Job, Machine, Queue
from ds_notebook.schedule.status import JobStatus, asked, from_spec
from ds_notebook.schedule.timetable import Timetable
from ds_notebook.schedule.tree import JOB

_LOOK_S = 0.02
_START_S = 30.0


class Schedule:
    """The scheduler of this user and machine, seen from any process.

    >>> schedule = Schedule()
    >>> [job.state for job in schedule.wait(*schedule.submit(spec))]
    ['succeeded']
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: another one than `DS_SCHEDULER` or the user's own; raises RecordError where it is not safe."""
        self.folder = open_home(folder)
        self._queue = Queue(machine=Machine(cores=(), memory_bytes=0))
        self._position: Position = {}
        self._inbox = QueueInbox(self.folder)
        self._submitted: dict[str, JobSpec] = {}
        """By the command's id: asked for, and not in the record yet."""
        self._decided: set[str] = set()
        """Ids of commands and jobs that the record says something of."""
        self._timetable = Timetable(())
        self._progress: dict[str, float] = {}

    @property
    def record(self) -> Record:
        """The queue's record, a run of kind "schedule"."""
        return Record(self.folder)

    # -- jobs

    def submit(self, *specs: JobSpec, start: bool = True) -> list[str]:
        """Queue jobs, in one append that is on the disk when this returns; their ids.

        Starts the scheduler where none runs, but not from inside a job, with which it would end. An id that is known
        already submits nothing. Raises UsageError for what can never run here.
        """
        self._check(specs)
        if specs:
            commands = [Submit(job=msgspec.to_builtins(spec)) for spec in specs]
            send_all(self.folder, commands, durable=True)
        if self.is_running:
            self._wake()
        elif start and not _inside_a_job():
            launch(self.folder, None)
        return [spec.id for spec in specs]

    def cancel(self, *ids: str) -> None:
        """End jobs, or do not start them; raises UsageError for an id that is not known."""
        self._known(ids)
        send_all(self.folder, [Cancel(job=id) for id in ids], durable=True)
        self._wake()

    def set_priority(self, id: str, priority: int) -> None:
        """Higher goes first; raises UsageError for an id that is not known, and where a priority counts for nothing."""
        job = self.job(id)
        if job.is_done:
            raise UsageError(f"Job {id} is done ({job.state}): its priority counts for nothing any more.")
        if job.every:
            raise UsageError(
                f"Job {id} comes again, each time as a job of its own: give the one that waits a priority."
            )
        send_all(self.folder, [Set(name=f"{id}{PRIORITY}", value=priority)], durable=True)

    def jobs(self) -> list[JobStatus]:
        """All jobs, in the order of submits."""
        self._refresh()
        waiting = [asked(self.folder, spec) for spec in {spec.id: spec for spec in self._submitted.values()}.values()]
        return [*map(self._status, [*self._queue.jobs.values(), *self._timetable.jobs()]), *waiting]

    def job(self, id: str) -> JobStatus:
        """One job; raises UsageError where there is none of that id."""
        return self._known([id])[0]

    def wait(self, *ids: str, timeout_s: float | None = None) -> list[JobStatus]:
        """Return once these jobs (all, if none is named) are done, or after `timeout_s`; how they stand."""
        deadline = time.monotonic() + timeout_s if timeout_s is not None else float("inf")
        self._known(ids)
        while self._is_any_open(ids) and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        return self._known(ids) if ids else self.jobs()

    def wait_until_taken(self, timeout_s: float = 5.0) -> None:
        """Return once the record, and so a picture of it, tells of all that was submitted, or after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while self.is_running and time.monotonic() < deadline:
            self._refresh()
            if not self._submitted:
                return
            time.sleep(_LOOK_S)

    def _is_any_open(self, ids: Sequence[str]) -> bool:
        """Whether some of these jobs (all, if none is named) is not done: cheap also with a thousand of them."""
        self._refresh()
        wanted = set(ids)
        if not self._queue.open.keys().isdisjoint(wanted) or (self._queue.open and not ids):
            return True
        return any(not ids or spec.id in wanted for spec in self._submitted.values() if not spec.every)

    # -- the scheduler's process

    @property
    def is_running(self) -> bool:
        """Whether a scheduler serves the queue."""
        return is_held(self.folder)

    @property
    def pid(self) -> int | None:
        """The scheduler's process, None where none serves the queue."""
        started = self.record.started if self.is_running else None
        return started.pid if started and is_scheduler(started.pid) else None

    def start(self, config: SchedulerConfig | None = None) -> bool:
        """Have the queue served; False if it was already. Raises RecordError with the reason where that fails."""
        deadline = time.monotonic() + _START_S
        while self.is_running and time.monotonic() < deadline:
            if self.record.state == "running":
                return False
            time.sleep(_LOOK_S)  # its first word is on its way, or it has just ended, or the queue is being cleaned
        if _inside_a_job():
            raise RecordError("A scheduler that a job starts would end with it. Start it from outside of any job.")
        launched = launch(self.folder, config)
        while self.pid is None:
            has_ended = not is_there(launched) and not self.is_running  # another may serve by now
            if has_ended or time.monotonic() > deadline:
                raise RecordError(f"The scheduler did not start. {last_words(self.folder)}")
            time.sleep(_LOOK_S)
        return True

    def start_as(self, **options: Any) -> bool:
        """As `start`, with these fields of `SchedulerConfig`, and the others as they were in the scheduler's last life.

        Raises UsageError where a scheduler runs with others than these.
        """
        started = self.record.started
        before = config_of(started.config) if started else SchedulerConfig()
        config = replace(before, **options)
        has_started = self.start(config if options else None)
        if not has_started and config != before:
            raise UsageError("A scheduler runs with other options: `ds schedule stop` first; what runs goes on.")
        return has_started

    def stop(self, *, jobs: bool = False, timeout_s: float = _START_S) -> bool:
        """End the scheduler; False if none ran. What runs goes on, and the next start takes it over.

        With `jobs` all jobs are cancelled first, which may take as long again. Raises RecordError if it does not end
        within `timeout_s`.
        """
        if jobs:
            self._cancel_all(time.monotonic() + timeout_s)
        deadline = time.monotonic() + timeout_s
        was_running = self.is_running
        while self.is_running:
            if (pid := self.pid) is not None:
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    os.kill(pid, signal.SIGTERM)
            if time.monotonic() > deadline:
                raise RecordError(f"The scheduler (process {pid}) has not ended within {timeout_s:g} s.")
            time.sleep(_LOOK_S)
        return was_running

    def _cancel_all(self, deadline: float) -> None:
        while open_jobs := [job for job in self.jobs() if not job.is_done]:
            if not self.is_running:
                self.start()
            ids = [job.id for job in open_jobs]
            self.cancel(*ids)
            while not all(job.is_done for job in self._known(ids)):  # not `wait`, which is for what ends by itself
                if time.monotonic() > deadline:
                    return
                time.sleep(_LOOK_S)

    def _wake(self) -> None:
        """It would look by itself within a tenth of a second."""
        if (pid := self.pid) is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGUSR1)

    # -- reading

    def _check(self, specs: Sequence[JobSpec]) -> None:
        for spec in specs:
            _check_whole(spec)
        if not _inside_a_job():  # which sees its own cores alone: the scheduler knows of all
            machine = quick_machine(gpus=any(spec.gpus for spec in specs))
            if wrong := next(filter(None, (refusal(spec, machine) for spec in specs)), ""):
                raise UsageError(wrong)
        if any(spec.after for spec in specs):
            self._refresh()
            asked_for = (*specs, *self._timetable.specs, *self._submitted.values())
            if never := {each for spec in specs for each in spec.after} & {each.id for each in asked_for if each.every}:
                raise UsageError(f"{next(iter(never))} comes again, and is never done: wait for one of its times.")
            if wrong_ones := wrong_after(specs, {*self._queue.jobs, *(spec.id for spec in self._submitted.values())}):
                raise UsageError(next(iter(wrong_ones.values())))

    def _known(self, ids: Iterable[str]) -> list[JobStatus]:
        by_id = {job.id: job for job in self.jobs()}
        unknown = [id for id in ids if id not in by_id]
        if unknown:
            raise UsageError(f"There is no job {unknown[0]!r}. `ds jobs` lists them.")
        return [by_id[id] for id in ids]

    def _refresh(self) -> None:
        commands = self._inbox.poll()
        for command in commands:
            if isinstance(command, Submit):
                with contextlib.suppress(msgspec.ValidationError):  # the scheduler's answer says what is wrong
                    self._submitted[command.id] = recorded(msgspec.convert(command.job, JobSpec))
        events, self._position = self.record.tail(self._position or latest(self.folder))
        for event in events:
            apply(self._queue, event)
            self._timetable.add_event(event)
            if isinstance(event, Decision):
                self._decided.add(event.subject)
            if isinstance(event, Usage) and (progress := event.values.get("progress")) is not None:
                self._progress[event.device.removeprefix("job ")] = progress
        if commands or events:
            self._submitted = {
                id: spec for id, spec in self._submitted.items() if not self._decided.intersection((id, spec.id))
            }

    def _status(self, job: Job) -> JobStatus:
        done = {"succeeded": 1.0}.get(job.state)
        return msgspec.structs.replace(
            from_spec(self.folder, job.spec),
            state=job.state,
            reason=job.reason,
            priority=job.priority,
            attempt=job.attempt,
            progress=done if done is not None else self._progress.get(job.id),
            cores=list(job.placement.cores),
            gpus=list(job.placement.gpus),
            next_at=self._timetable.next_at(job.id),
        )


def _inside_a_job() -> bool:
    """Whether this process is part of a job: it may use that job's cores alone, and ends with it."""
    return JOB in os.environ


def _check_whole(spec: JobSpec) -> None:
    """Raise UsageError for what would not come out of the record as it went in, and for what can be no job."""
    try:
        msgspec.json.decode(msgspec.json.encode(spec), type=JobSpec)
    except (msgspec.ValidationError, TypeError, OverflowError, UnicodeEncodeError) as error:
        raise UsageError(f"Job {spec.id!r} cannot be kept as JSON: {error}.") from None
    if wrong := wrong_spec(spec):
        raise UsageError(f"{wrong}.")
    if spec.every:
        next_time(spec.every, time.time())  # raises for what cron cannot read
