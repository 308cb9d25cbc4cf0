"""Forgetting jobs that were done long ago: their submits, their folders, and what the queue's record says of them.

The order makes it safe at any instant. While the record knows a job, its submit starts nothing; so the submits go
first. Then the folders; then the record, and in it first that the job was ever accepted: without that, what is left of
it says nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from ds_notebook.errors import RecordError
from ds_notebook.record import Record
from ds_notebook.record.commands import AnyCommand, Submit, Unknown, read_commands
from ds_notebook.record.events import AnyEvent, Decision, JobChanged, Note, RunEnded, RunStarted, Usage
from ds_notebook.record.files import event_files, first_event, sync_folder
from ds_notebook.record.lock import hold_lock, is_held
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.fold import queue_from
from ds_notebook.schedule.gauges import JOB as _USAGE_OF_JOB
from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.numbers import without_numbers
from ds_notebook.schedule.pages import rewrite
from ds_notebook.schedule.state import Job, Machine, Queue
from ds_notebook.schedule.timetable import Timetable

_NO_MACHINE = Machine(cores=(), memory_bytes=0)
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class Forgettable(NamedTuple):
    """What may go."""

    jobs: list[Job]
    """Those that came again, and were cancelled, among them."""
    stay: set[str]
    """Ids of the other jobs."""
    files: list[Path]
    """Of commands, none of which anybody would still have to obey."""
    answers: set[str]
    """Ids of commands whose answers nobody asks for any more."""
    is_idle: bool
    """Whether no job is open."""


def forgettable(home: Path, *, older_than_s: float, now: float) -> Forgettable:
    """Jobs that were done so long ago, and that no open or submitted job names; what still comes again stays.

    Raises OSError where a submit cannot be read.
    """
    limit = now - older_than_s
    events = list(without_numbers(Record(home).events()))
    queue, timetable = queue_from(events, _NO_MACHINE), Timetable(events)
    answers = {event.subject: event.at for event in events if isinstance(event, Decision) and event.policy == "command"}
    sent = _sent(home)
    jobs = [*queue.jobs.values(), *timetable.jobs()]
    old = _old(home, jobs, limit) - _named(queue, timetable, sent.values())
    while True:
        gone = [path for path, commands in sent.items() if _is_over(path, commands, limit, old, answers)]
        still = [command for path, commands in sent.items() if path not in gone for command in commands]
        kept = old - {_id_of(command) for command in still}
        if kept == old:
            break
        old = kept  # a submit that stays keeps its job: it would start anew
    ids = {command.id for command in still}
    return Forgettable(
        jobs=[job for job in jobs if job.id in old],
        stay={job.id for job in jobs} - old,
        files=gone,
        answers={id for id, at in answers.items() if at < limit and id not in ids},
        is_idle=not queue.open,
    )


def forget(home: Path, *, older_than_s: float, now: float) -> list[Job]:
    """Forget what is forgettable; the jobs. Raises RecordError while a scheduler serves the queue, or on a bad disk.

    Who submits meanwhile finds the lock held, as if a scheduler were there: it is started then.
    """
    sent_before = set(home.glob("commands-*"))
    lock = hold_lock(home)
    try:
        found = forgettable(home, older_than_s=older_than_s, now=now)
        _forget(home, found)
    except OSError as error:
        raise RecordError(f"{home} cannot be cleaned: {error.strerror}. What is left is done next time.") from None
    finally:
        if lock is not None:
            os.close(lock)
        if not sent_before.issuperset(home.glob("commands-*")):
            Schedule(home).submit()
    return found.jobs


def _forget(home: Path, found: Forgettable) -> None:
    for path in found.files:
        path.unlink()
    sync_folder(home)
    for job in found.jobs:
        if (folder := job_folder(home, job.id)).is_dir():
            shutil.rmtree(folder)
    _forget_events(home, found)


def _sent(home: Path) -> dict[Path, list[AnyCommand | Unknown]]:
    found = {}
    for path in sorted(home.glob("commands-*")):
        os.close(os.open(path, os.O_RDONLY))  # one that cannot be read might submit a job that would be forgotten
        found[path] = read_commands(path)[0]
    return found


def _old(home: Path, jobs: Iterable[Job], limit: float) -> set[str]:
    done = [job.id for job in jobs if job.is_done and job.since_s < limit]
    return {id for id in done if not is_held(job_folder(home, id))}


def _named(queue: Queue, timetable: Timetable, sent: Iterable[list[AnyCommand | Unknown]]) -> set[str]:
    """Jobs that others wait for, or will: those that are open, that come again, that no scheduler has seen yet."""
    named = [job.spec.after for job in queue.open_jobs()] + [spec.after for spec in timetable.specs]
    for commands in sent:
        for command in commands:
            if isinstance(command, Submit) and _id_of(command) not in queue.jobs:
                named.append(list(map(str, command.job.get("after", ()))))
    return {id for ids in named for id in ids}


def _id_of(command: AnyCommand | Unknown) -> str:
    """The id of the job that it submits; empty for another command."""
    return str(command.job.get("id", "")) if isinstance(command, Submit) else ""


def _is_over(
    path: Path, commands: list[AnyCommand | Unknown], limit: float, old: set[str], answers: dict[str, float]
) -> bool:
    try:
        is_old = path.stat().st_mtime < limit
    except OSError:  # deleted meanwhile
        return False
    return is_old and bool(commands) and all(each.id in answers or _id_of(each) in old for each in commands)


def _forget_events(home: Path, found: Forgettable) -> None:
    """First what makes a job known, in every file: one of which only the end were forgotten would start again."""
    jobs = {job.id for job in found.jobs}
    for path in event_files(home):
        rewrite(path, lambda line: not _submits(line, jobs))
    for path in event_files(home):
        rewrite(path, lambda line: not _concerns(line, jobs, found))
        if path.stat().st_size == 0:
            path.unlink()  # numbers of these jobs alone
    if found.is_idle:
        lives = sorted((start.at, path) for path in event_files(home) if (start := first_event(path)) is not None)
        for _, path in lives[:-1]:
            if all(isinstance(event, RunStarted | RunEnded | Note) for event in _events(path)):
                path.unlink()  # a life of the scheduler of which nothing is left


def _events(path: Path) -> Iterator[AnyEvent | None]:
    with open(path, "rb") as lines:
        yield from map(_decoded, lines)


def _submits(line: bytes, jobs: set[str]) -> bool:
    match _decoded(line):
        case Decision(policy="submit", subject=job) | Decision(policy="every", verdict="accepted", subject=job):
            return job in jobs
    return False


def _concerns(line: bytes, jobs: set[str], found: Forgettable) -> bool:
    """Whether the line is about one of the jobs, or one that was half forgotten, or answers one of the commands."""
    match _decoded(line):
        case JobChanged(job=job):
            return job not in found.stay
        case Usage(device=device) if device.startswith(_USAGE_OF_JOB):
            return device.removeprefix(_USAGE_OF_JOB) not in found.stay
        case Decision(policy="command", subject=id):
            return id in found.answers
        case Decision(policy="every", subject=job):
            return job not in found.stay
        case Decision(subject=job):
            return job in jobs
    return False


def _decoded(line: bytes) -> AnyEvent | None:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
