"""The attempts that are at work, as the scheduler sees them: started, taken over from a scheduler before, ended."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ds_notebook.errors import RecordError
from ds_notebook.record.commands import AnyCommand, Stop, send
from ds_notebook.record.events import Decision, RunEnded
from ds_notebook.record.journal import write_apart
from ds_notebook.record.lock import hold_lock, is_held
from ds_notebook.schedule import tree
from ds_notebook.schedule.attempt import (
    EXIT,
    Attempt,
    Evidence,
    Outcome,
    evidence_of,
    has_program,
    is_alive,
    outcome_of,
    write_attempt,
)
from ds_notebook.schedule.children import was_stopped
from ds_notebook.schedule.events import Adopted, AnyFact, Exited, Started
from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.ledger import is_full
from ds_notebook.schedule.limits import remove_groups
from ds_notebook.schedule.producer import started_now
from ds_notebook.schedule.state import Placement

_LOOK_S = 0.25
"""How often a wrapper that cannot be waited for is looked at."""
_GIVE_UP_S = 15.0
"""What a dead disk holds cannot be killed: after this its job counts as ended."""


class Live:
    """One attempt whose wrapper is there, or is on its way."""

    def __init__(self, job: str, number: int, folder: Path, process: subprocess.Popen[bytes] | None) -> None:
        self.job = job
        self.number = number
        self.folder = folder
        self.evidence: Evidence | None = None
        """Once it has begun."""
        self._is_here = False
        self.has_started = False
        """Whether its program runs: what is changed of it before would be lost."""
        self._process = process
        self.had_no_room = False
        """It could not be said that it was never begun: the disk is full."""
        self._pidfd: int | None = None
        self._next_look = 0.0
        self._waiting: list[AnyCommand] = []

    @property
    def pid(self) -> int | None:
        """The wrapper's number, once it has begun; its descendants are the job.

        None, too, where that number is here another process's: a folder may be shared with another container.
        """
        return self.evidence.started.pid if self.evidence and self._is_here else None

    @property
    def is_started_here(self) -> bool:
        """Not by a scheduler before this one."""
        return self._process is not None

    def begin(self, evidence: Evidence) -> None:
        """Its record says that it has begun: orders reach it from now on."""
        self.evidence = evidence
        pid = evidence.started.pid
        self._is_here = (self._process is not None and self._process.pid == pid) or _is_wrapper(pid, self.folder)
        if self.pid is not None and (self._process is None or self._process.pid != self.pid):
            self._pidfd = _pidfd_of(evidence, self.folder)
        self.deliver()

    def order(self, command: AnyCommand) -> None:
        """Send it to the job's run, and wake the wrapper; kept for it while it is on its way, or its disk is full."""
        self._waiting.append(command)
        self.deliver()

    def deliver(self) -> None:
        """Send what waits for it. An end needs no room on the disk: who fills that must be ended, too."""
        while self._waiting and self.evidence is not None:
            try:
                send(self.folder, self._waiting[0])
                self._signal(signal.SIGUSR1)
            except RecordError:  # its folder is full, or gone
                if not isinstance(self._waiting[0], Stop):
                    return
                self._signal(signal.SIGTERM)
            del self._waiting[0]

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None and is_alive(self.folder):  # elsewhere it looks by itself, once a second
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def is_time_to_look(self) -> bool:
        """Four times a second, at what takes a file to be opened."""
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + _LOOK_S
        return True

    def wrapper_is_gone(self) -> bool:
        """Whether the process that was started here, or the one that has begun the attempt, has ended."""
        if self._process is not None and (self.evidence is None or self.pid == self._process.pid):
            return self._process.poll() is not None
        if self.evidence is None:
            return not is_held(self.folder)
        if self._pidfd is not None:
            return bool(select.select([self._pidfd], [], [], 0)[0])
        return self.is_time_to_look() and not is_alive(self.folder)

    def close(self) -> None:
        if self._pidfd is not None:
            os.close(self._pidfd)
        if self._process is not None:
            self._process.poll()


def _is_wrapper(pid: int, folder: Path) -> bool:
    """By its command; where that cannot be read, it is believed."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self").exists()
    return b"ds_notebook.schedule.wrapper" in words and os.fsencode(folder) in words


def _pidfd_of(evidence: Evidence, folder: Path) -> int | None:
    """Something to wait for; None where the system gives none, or the process is gone."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        pidfd = os.pidfd_open(evidence.started.pid)
    except OSError:  # gone, or refused as in some containers
        return None
    if is_alive(folder):  # so the number was not given to another before it was opened
        return pidfd
    os.close(pidfd)
    return None


class Attempts:
    """All that are at work in the scheduler's folder."""

    def __init__(self, home: Path, queue: str, grace_s: float) -> None:
        self._home = home
        self._queue = queue
        self._grace_s = grace_s
        self._live: dict[str, Live] = {}
        self._clearing: dict[str, _Clearing] = {}

    def __iter__(self) -> Iterator[Live]:
        return iter(list(self._live.values()))

    def get(self, job: str, number: int) -> Live | None:
        """The job's attempt, if it is this one that is at work."""
        live = self._live.get(job)
        return live if live and live.number == number else None

    def start(self, spec: JobSpec, number: int, placement: Placement) -> None:
        """Start a wrapper for the attempt; one that was begun before is not begun again.

        Raises OSError where the disk is full: then nothing was started, and it may be called again.
        """
        folder = job_folder(self._home, spec.id)
        attempt = Attempt(spec=spec, number=number, placement=placement, queue=self._queue, grace_s=self._grace_s)
        process = None
        try:
            write_attempt(folder, attempt)
            process = subprocess.Popen(
                [sys.executable, "-m", "ds_notebook.schedule.wrapper", str(folder), str(number)],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # the end of the scheduler's terminal is none of its business
            )
        except OSError as error:  # no process to be had, for one: seen as one that could not start
            if is_full(error):
                raise
            print(f"{spec.id}: {error}", file=sys.stderr, flush=True)
        self._live[spec.id] = Live(spec.id, number, folder, process)

    def adopt(self, job: str, number: int) -> AnyFact | None:
        """What became of an attempt that an earlier scheduler decided to start; None where its wrapper still begins.

        Raises OSError where the disk is full: then nothing was done, and it may be called again.
        """
        folder = job_folder(self._home, job)
        evidence = evidence_of(folder, number)
        if evidence is None and _bury(folder, number):
            return Exited(job=job, attempt=number, status="never_started")
        live = self._live[job] = Live(job, number, folder, None)
        if evidence is None:
            return None
        if outcome_of(evidence, folder) is not None:
            live.evidence = evidence
            return None  # the next look says how it ended
        live.begin(evidence)
        live.has_started = has_program(evidence)
        return Adopted(job=job, attempt=number) if live.has_started else None

    def poll(self) -> list[AnyFact]:
        """What has begun or ended since the last look."""
        return [fact for live in self for fact in self._look(live)] + self._cleared()

    def is_beginning(self) -> bool:
        """Whether some wrapper is on its way, or something is being cleared up: worth another look soon."""
        return bool(self._clearing) or any(not live.has_started for live in self._live.values())

    def _look(self, live: Live) -> list[AnyFact]:
        facts: list[AnyFact] = []
        gone = live.wrapper_is_gone()  # asked before its record is read, which is then as it left it
        if live.evidence is None and (evidence := evidence_of(live.folder, live.number)):
            live.begin(evidence)
            gone = live.wrapper_is_gone()  # the one that has begun may be another than the one started here
        if not live.has_started and live.evidence and has_program(live.evidence):
            live.has_started = True
            facts.append(Started(job=live.job, attempt=live.number))
        live.deliver()
        if gone and (outcome := self._outcome(live)):
            self._ended(live, outcome)
        return facts

    def _ended(self, live: Live, outcome: Outcome) -> None:
        """Its wrapper is gone: what it left of the job is ended before anybody hears of it."""
        del self._live[live.job]
        live.close()
        exited = Exited(
            job=live.job,
            attempt=live.number,
            status=outcome.status,
            reason=outcome.reason,
            is_cut_short=outcome.status == "succeeded"
            and live.evidence is not None
            and was_stopped(live.folder, live.evidence.started.at),
        )
        self._clearing[live.job] = _Clearing(exited, time.monotonic() + _GIVE_UP_S)

    def _outcome(self, live: Live) -> Outcome | None:
        """How it ended; None where it cannot be told yet."""
        if live.evidence is not None:
            return outcome_of(live.evidence, live.folder) or Outcome("lost")
        if live.had_no_room and not live.is_time_to_look():
            return None
        try:
            _bury(live.folder, live.number)
        except OSError as error:
            if is_full(error):
                live.had_no_room = True
                return None
        if live.had_no_room:  # and so had its wrapper, which is no fault of the job's
            return Outcome("never_started", "had no room on its disk to begin")
        if not live.is_started_here:  # who decided to start it died before it did
            return Outcome("never_started")
        return Outcome("failed", f"its wrapper could not start: {self._home / 'server.log'} says why")

    def _cleared(self) -> list[AnyFact]:
        """Ends that may be told: a wrapper that said how it ended has seen its whole tree end."""
        cleared: list[AnyFact] = []
        for job, (exited, give_up_at) in list(self._clearing.items()):
            is_left = exited.status == "lost" and tree.kill_marked(job_folder(self._home, job))
            if not is_left or time.monotonic() > give_up_at:
                remove_groups(job)
                del self._clearing[job]
                cleared.append(exited)
        return cleared


class _Clearing(NamedTuple):
    exited: Exited
    give_up_at: float


def _bury(folder: Path, number: int) -> bool:
    """See to it that an attempt that was never begun never is; False where a wrapper is just about to.

    Raises OSError where that cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock = hold_lock(folder)
    except RecordError:
        return False
    try:
        if evidence_of(folder, number) is not None:
            return False
        started = started_now(folder, not_before=time.time(), kind="job", name="", config={"attempt": number})
        exit_ = Decision(policy=EXIT, subject=folder.name, verdict="lost", reason="it was never begun")
        write_apart(folder, [started, exit_, RunEnded(status="interrupted")])
    finally:
        if lock is not None:
            os.close(lock)
    return True
