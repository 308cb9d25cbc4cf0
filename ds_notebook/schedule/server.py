"""The scheduler's process: it reads what is asked, asks the core what to do, says so in the record, and does it.

`python -m ds_notebook.schedule.server`; `ds schedule start` and the first submit start it. Whatever instant it is
killed at, the next one goes on from the record: what was said and not done is done then, what was done is found.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ds_notebook.errors import DsError, RecordError
from ds_notebook.host import facts
from ds_notebook.options import from_builtins, to_builtins
from ds_notebook.record import Record
from ds_notebook.record.commands import AnyCommand, Unknown
from ds_notebook.record.events import AnyEvent, RunStarted
from ds_notebook.record.lock import hold_lock
from ds_notebook.schedule.asked import Asked
from ds_notebook.schedule.attempts import Attempts
from ds_notebook.schedule.clock import Clock
from ds_notebook.schedule.config import SchedulerConfig, config_of
from ds_notebook.schedule.core import step
from ds_notebook.schedule.events import (
    AnyFact,
    AnyInstruction,
    End,
    Exited,
    Say,
    Start,
    Submitted,
    Ticked,
)
from ds_notebook.schedule.fold import queue_from
from ds_notebook.schedule.hands import Hands
from ds_notebook.schedule.home import open_home
from ds_notebook.schedule.inbox import QueueInbox
from ds_notebook.schedule.ledger import Ledger
from ds_notebook.schedule.machine import this_machine
from ds_notebook.schedule.numbers import Numbers, without_numbers
from ds_notebook.schedule.observer import Observer
from ds_notebook.schedule.producer import Producer, started_now
from ds_notebook.schedule.signals import Signals, is_end, signals
from ds_notebook.schedule.state import Job
from ds_notebook.schedule.timetable import Timetable

LOOK_S = 0.125
"""How often the folder is looked at for commands."""
_LOCK_WAIT_S = 0.3
"""Who only looks whether the lock is held has it for an instant."""
_SOON_S = 0.01
"""While a wrapper begins or ends."""
TICK_S = 1.0
SERVICE_TICK_S = 0.25
"""While a service has a latency to keep."""


class Server:
    """One life of the scheduler."""

    def __init__(self, home: Path, lock: int, config: SchedulerConfig | None, arrived: Signals) -> None:
        """Take the queue over from the scheduler before; `lock`: the folder's, which the caller holds and closes."""
        self._home = home
        self._lock = lock
        self._arrived = arrived
        self._numbers = Numbers(home)
        events = list(without_numbers(Record(home).events()))
        self._config = config or _config_before(events) or SchedulerConfig()
        self._clock = Clock(not_before=max((event.at for event in events), default=0.0))
        self._inbox = QueueInbox(home)
        self._came_before = self._inbox.poll()  # what comes once the record says who serves is for this one
        started = started_now(
            home,
            not_before=self._clock.now(),
            kind="schedule",
            name="schedule",
            config=to_builtins(self._config),
            host_facts=facts().asdict(),
        )
        self._ledger = Ledger(Producer(home, started), arrived)
        self._queue = queue_from([*events, started], this_machine(), self._config.policy)
        self._timetable = Timetable(events)
        self._asked = Asked(home, events, self._timetable, self._ledger)
        self._attempts = Attempts(home, home.name, self._config.grace_s)
        self._observer = Observer(self._attempts)
        self._hands = Hands(self._attempts, self._observer)
        self._stopping = False
        self._next_tick = 0.0
        self._busy_at = time.monotonic()

    def serve(self) -> None:
        """Until it is told to stop, or has had nothing to do for a long time."""
        self._take_over()
        while not self._stopping and not self._is_idle():
            self._wait()
            self._check_folder()
            if commands := self._inbox.poll():
                self._obey(commands)
            if facts := self._attempts.poll():
                self._learn(facts)
            self._tick()
        self._numbers.close()
        self._ledger.end("stopped" if self._stopping else "finished")

    def _wait(self) -> None:
        """For a signal, a child's end among them, or until it is time for another look."""
        wait_s = _SOON_S if self._attempts.is_beginning() else LOOK_S
        if select.select([self._arrived], [], [], wait_s)[0]:
            self._stopping |= is_end(self._arrived.read())

    def _check_folder(self) -> None:
        """Whoever deletes the folder wants its queue no more; one made anew is another scheduler's."""
        if os.fstat(self._lock).st_nlink == 0:
            raise RecordError(f"{self._home} was deleted: its scheduler ends, and its queue is gone.")

    def _take_over(self) -> None:
        """What the scheduler before left: jobs that still run, ends that nobody has seen, orders that came since."""
        for job in self._queue.open_jobs():
            if job.is_active and (fact := self._adopt(job)) is not None:
                self._learn([fact])
        self._learn([Ticked(wall_s=time.time())])
        self._obey(self._came_before, came_before=True)

    def _adopt(self, job: Job) -> AnyFact | None:
        return self._ledger.once_there_is_room(lambda: self._attempts.adopt(job.id, job.attempt))

    def has_work(self) -> bool:
        """Whether something was asked for since it ended for want of work."""
        return not self._stopping and bool(self._inbox.poll())

    def _obey(self, commands: Sequence[AnyCommand | Unknown], *, came_before: bool = False) -> None:
        taken = self._asked.take(commands, self._queue, came_before=came_before)
        self._stopping |= taken.stops
        self._learn(taken.facts)
        self._ledger.emit(taken.answers)

    # -- what happens

    def _tick(self) -> None:
        now = time.monotonic()
        facts, usages = self._observer.look(self._queue)
        self._numbers.add(usages)
        self._ledger.emit(self._hands.go_on())
        if now >= self._next_tick:
            self._next_tick = now + (SERVICE_TICK_S if self._observer.has_services else TICK_S)
            wall_s = time.time()
            if due := self._asked.due(wall_s):
                facts = [Submitted(jobs=tuple(due)), *facts]
            facts = [*facts, Ticked(wall_s=wall_s)]
        self._learn(facts)
        self._ledger.emit(self._timetable.take_unsaid())

    def _learn(self, facts: Iterable[AnyFact]) -> None:
        """What the core makes of facts that came together, said in one write."""
        instructions: list[AnyInstruction] = []
        for fact in facts:
            self._queue, more = step(self._queue, fact, self._clock.now())
            instructions += more
        self._carry_out(instructions)

    def _carry_out(self, instructions: Sequence[AnyInstruction]) -> None:
        """What is said is on the disk before what follows is done."""
        said: list[AnyEvent] = []
        in_vain = _in_vain(instructions)
        for instruction in instructions:
            if isinstance(instruction, Say):
                said.append(instruction.event)
                continue
            self._say(said)
            said = []
            if not (isinstance(instruction, Start) and instruction.spec.id in in_vain):
                self._do(instruction)
        self._say(said)
        if in_vain:
            self._learn(Exited(job=job, attempt=each, status="never_started") for job, each in in_vain.items())

    def _do(self, instruction: AnyInstruction) -> None:
        self._ledger.emit(self._ledger.once_there_is_room(lambda: self._hands.do(instruction)))

    def _say(self, events: Sequence[AnyEvent]) -> None:
        if events:
            self._ledger.emit(events, durable=True)

    def _is_idle(self) -> bool:
        if self._queue.open or self._timetable:
            self._busy_at = time.monotonic()
        return time.monotonic() - self._busy_at > self._config.idle_s


def _in_vain(instructions: Sequence[AnyInstruction]) -> dict[str, int]:
    """Jobs that are to be started and, by what came right behind, to be ended again; and the number of the attempt."""
    starts = {each.spec.id: each.attempt for each in instructions if isinstance(each, Start)}
    return {
        each.job: each.attempt
        for each in instructions
        if isinstance(each, End) and starts.get(each.job) == each.attempt
    }


def _config_before(events: Sequence[AnyEvent]) -> SchedulerConfig | None:
    """How the scheduler before was started."""
    starts = [event for event in events if isinstance(event, RunStarted)]
    return config_of(starts[-1].config) if starts else None


def main(arguments: Sequence[str]) -> int:
    """Exit status 0: it was stopped, or had nothing to do; 1: another one runs, or the folder cannot be used."""
    config = from_builtins(SchedulerConfig, msgspec.json.decode(arguments[0])) if arguments else None
    try:
        home = open_home()
        with signals() as arrived:
            while _serve(home, config, arrived):
                pass
    except DsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _lock(home: Path) -> int:
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            lock = hold_lock(home)
        except RecordError:
            if time.monotonic() < deadline:
                time.sleep(_SOON_S)
                continue
            started = Record(home).started
            process = f", process {started.pid}" if started else ""
            raise RecordError(f"A scheduler serves {home} already{process}.") from None
        if lock is None:
            raise RecordError(f"{home} takes no lock: set DS_SCHEDULER to a folder on a disk that has them.")
        return lock


def _serve(home: Path, config: SchedulerConfig | None, arrived: Signals) -> bool:
    """One life; True if it ended for want of work and some has come in that very moment.

    Who submits looks for the lock after the append, so what came before the lock was given back is seen here.
    """
    lock = _lock(home)
    server = Server(home, lock, config, arrived)
    server.serve()
    os.close(lock)
    return server.has_work()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
