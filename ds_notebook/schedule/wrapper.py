"""The process around one attempt at a job: it outlives the scheduler, and its record says how the attempt ended.

`python -m ds_notebook.schedule.wrapper JOB_FOLDER NUMBER` takes the job's lock, writes that the attempt has begun,
starts the user's program as its child, and writes the exit once no process of the job is left.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import msgspec

from ds_notebook.errors import RecordError
from ds_notebook.record.commands import AnyCommand, Inbox, Pause, Resume, Stop, Unknown
from ds_notebook.record.events import Decision, EndStatus, Note
from ds_notebook.record.lock import hold_lock
from ds_notebook.record.mask import masked_text
from ds_notebook.schedule import tree
from ds_notebook.schedule.attempt import EXIT, PROGRAM, Attempt, has_begun, read_attempt, spec_builtins, whole_spec
from ds_notebook.schedule.limits import memory_limit
from ds_notebook.schedule.process import Ending, JobProcess, Verdict
from ds_notebook.schedule.producer import Producer, answer, started_now
from ds_notebook.schedule.signals import Signals, is_end, signals

LOCK_WAIT_S = 10.0
"""A wrapper that came too late for an earlier attempt holds the lock for an instant."""
FULL_S = 0.5
"""A disk that has no room for the job's end is tried again so often."""


def main(arguments: list[str]) -> int:
    """Exit status 0: the attempt is over, or another wrapper has it; 1: it could not begin."""
    try:
        with signals() as arrived:  # before the record says that there is someone to send one to
            _see_through(Path(arguments[0]), int(arguments[1]), arrived)
    except RecordError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _see_through(folder: Path, number: int, arrived: Signals) -> None:
    lock = lock_for(folder, number)
    if lock is None:
        return
    attempt = read_attempt(folder, number)
    tree.become_subreaper()
    Wrapper(JobRecord(folder, attempt), attempt, arrived).work()
    os.close(lock)


def lock_for(folder: Path, number: int) -> int | None:
    """The job's lock, for an attempt that nobody has begun; None where someone has.

    Raises RecordError where it cannot be had.
    """
    deadline = time.monotonic() + LOCK_WAIT_S
    while not has_begun(folder, number):
        try:
            lock = hold_lock(folder)
        except RecordError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if lock is None:
            raise RecordError(f"{folder} takes no lock: the scheduler's folder must lie on a disk that has them.")
        if not has_begun(folder, number):
            return lock
        os.close(lock)  # it began, and perhaps ended, between the look and the lock
    return None


class JobRecord(Producer):
    """What a wrapper writes: the start before any code of the user runs, the exit after all of it is gone."""

    def __init__(self, folder: Path, attempt: Attempt) -> None:
        self._inbox = Inbox(folder)
        self._job = attempt.spec.id
        super().__init__(
            folder,
            started_now(
                folder,
                not_before=time.time(),
                kind="job",
                name=attempt.spec.name,
                parent=attempt.queue or None,
                config={"attempt": attempt.number, "job": spec_builtins(attempt.spec)},
            ),
        )

    def commands(self) -> list[AnyCommand | Unknown]:
        """What was sent to the job's run since the last call."""
        return self._inbox.poll()

    def say_started(self, pid: int) -> None:
        """The program runs, with this number."""
        self.say(Decision(policy=PROGRAM, subject=self._job, verdict="started", evidence={"pid": pid}))

    def end_job(self, ending: Ending) -> bool:
        """Write durably how the job ended; False where there is no room for it."""
        exit_ = Decision(
            policy=EXIT, subject=self._job, verdict=ending.verdict, reason=ending.reason, evidence=ending.evidence
        )
        status = _STATUS[ending.verdict]
        try:
            self.end(status, ending.reason if status == "failed" else "", said=[exit_])
        except RecordError:
            return False
        return True


_STATUS: dict[Verdict, EndStatus] = {
    "succeeded": "finished",
    "failed": "failed",
    "stopped": "stopped",
    "lost": "interrupted",
}


class Wrapper:
    """Starts the program and sees it to its end, obeying what is sent to the job's run."""

    def __init__(self, record: JobRecord, attempt: Attempt, arrived: Signals) -> None:
        self._record = record
        self._limit = memory_limit(attempt.spec.id, attempt.spec.memory_bytes)
        self._arrived = arrived
        if self._limit.how:
            how = f"Its limit of {attempt.spec.memory_bytes:,} bytes of memory is kept {self._limit.how}."
            record.say(Note(level="info", text=how))
        spec = whole_spec(record.folder, attempt.spec)
        self._known = {**spec.parameters, **spec.env}
        whole = msgspec.structs.replace(attempt, spec=spec)
        self._process = JobProcess(record.folder, whole, self._limit, arrived)

    def work(self) -> None:
        """Returns once no process of the job is left and the record says how it ended: else it would start again."""
        try:
            ending = self._process.run(self._record.say_started, self._obey)
        finally:
            self._limit.close()
        ending = ending._replace(reason=masked_text(ending.reason, self._known))  # a program's last words may be in it
        while not self._record.end_job(ending) and not is_end(self._arrived.read()):
            time.sleep(FULL_S)

    def _obey(self) -> None:
        self._record.say()  # what found no room before: until it is read that the program runs, it is taken to begin
        for command in self._record.commands():
            refused = ""
            match command:
                case Stop():
                    self._process.stop()
                case Pause():
                    self._process.pause()
                case Resume():
                    self._process.resume()
                case _:
                    refused = "a job takes stop, pause and resume"
            self._record.say(answer(command, refused))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
