"""The commands that were sent to a run, and what its record says became of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from ds_notebook.draw import clean
from ds_notebook.errors import RecordError, UsageError
from ds_notebook.lab.messages import Order, Sent
from ds_notebook.record import Record
from ds_notebook.record.commands import (
    AnyCommand,
    Cancel,
    Pause,
    Resume,
    Save,
    Set,
    Stop,
    Submit,
    send_all,
)
from ds_notebook.record.events import Decision, RunStarted
from ds_notebook.record.state import OVER, State
from ds_notebook.schedule.inbox import PRIORITY
from ds_notebook.schedule.job import wrong_id

SHOWN = 10
"""A message has the newest so many commands."""
_MOST_BYTES = 64 << 10
"""Of a command file: what comes behind is not shown."""
_MOST_NAME = 100
MOST_PRIORITY = 1_000_000
QUEUE = "schedule"
"""The kind of a run that has jobs."""
_MOST_LETTERS = 300

_PLAIN: dict[str, type[Pause] | type[Resume] | type[Stop] | type[Save]] = {
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "save": Save,
}
_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)


class Refused(RecordError):
    """The run is in no state for that: over where it should run, or running where it should be over."""


def command_of(order: Order) -> AnyCommand:
    """The command that a request asks for; raises UsageError if name and value do not belong to it."""
    if order.command in ("cancel", "priority"):
        return _job_command_of(order)
    if order.job is not None:
        raise UsageError(f"{order.command} takes no job: leave it out.")
    if order.command != "set":
        if order.name is not None or order.value is not None:
            raise UsageError(f"{order.command} takes no name and no value: leave them out.")
        return _PLAIN[order.command]()
    if not order.name or order.value is None or len(order.name) > _MOST_NAME:
        raise UsageError('set takes a short name and a number, as in {"command": "set", "name": "lr", "value": 0.1}.')
    return Set(name=order.name, value=order.value)


def _job_command_of(order: Order) -> AnyCommand:
    job, value = order.job or "", order.value
    if order.name is not None:
        raise UsageError(f"{order.command} takes no name: leave it out.")
    if wrong := wrong_id(job):
        raise UsageError(f"{wrong}.")
    if order.command == "cancel":
        if value is not None:
            raise UsageError("cancel takes no value: leave it out.")
        return Cancel(job=job)
    if value is None or not value.is_integer() or abs(value) > MOST_PRIORITY:
        raise UsageError(f"priority takes a whole number from {-MOST_PRIORITY:,} to {MOST_PRIORITY:,}.")
    return Set(name=f"{job}{PRIORITY}", value=value)


def give(record: Record, command: AnyCommand) -> None:
    """Lay `command` into the run's folder; raises Refused where no producer will look for it."""
    state, started = record.state, record.started
    is_for_job = isinstance(command, Cancel) or (isinstance(command, Set) and command.name.endswith(PRIORITY))
    if is_for_job and (started is None or started.kind != QUEUE):
        raise Refused(f"Run {record.id} is no queue: it has no jobs.")
    if state in OVER:
        raise Refused(f"Run {record.id} is {state}: nobody is there to obey.")
    if state == "queued":
        raise Refused(f"Run {record.id} has not started yet: try again once it runs.")
    try:
        send_all(record.path, [command], durable=is_for_job)
    except RecordError as error:
        raise Refused(str(error)) from None


class Orders:
    """The commands in a run's folder, each file read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: set[str] = set()
        self._newest: list[AnyCommand] = []

    def look(self) -> bool:
        """Read the files that are new; whether there were any."""
        found = dict(_commands(self._folder, self._known))
        self._known |= found.keys()
        commands = [command for each in found.values() for command in each]
        self._newest = sorted([*self._newest, *commands], key=lambda command: command.at)[-SHOWN:]
        return bool(found)

    def sent(self, answers: Mapping[str, Decision], started: RunStarted | None, state: State) -> list[Sent]:
        """The newest commands, oldest first; those that no producer will answer any more are left out."""
        since = started.at if started and state not in OVER else float("inf")
        return [
            _sent(command, answers.get(command.id))
            for command in self._newest
            if command.id in answers or command.at >= since
        ]


def _sent(command: AnyCommand, answer: Decision | None) -> Sent:
    word = clean(command.word[:_MOST_LETTERS])
    if answer is None:
        return Sent(id=command.id, word=word, verdict="asked", reason="")
    verdict: Literal["applied", "refused"] = "applied" if answer.verdict == "applied" else "refused"
    return Sent(id=command.id, word=word, verdict=verdict, reason=clean(answer.reason[:_MOST_LETTERS]))


def _commands(folder: Path, known: set[str]) -> Iterator[tuple[str, list[AnyCommand]]]:
    """Name and commands of each file that is not `known`; a stranger's links and pipes are left out.

    A sender lays a file down as a whole, so each is read once. A submit is told by the job itself.
    """
    try:
        with os.scandir(folder) as entries:
            new = [
                entry.name
                for entry in entries
                if entry.name.startswith("commands-")
                and entry.name not in known
                and entry.is_file(follow_symlinks=False)
            ]
    except OSError:  # deleted meanwhile
        return
    for name in new:
        try:
            with open(folder / name, "rb") as file:
                lines = file.read(_MOST_BYTES).split(b"\n")
        except OSError:  # deleted meanwhile, or not ours to read
            continue
        found = [command for line in lines if (command := _decoded(line)) is not None]
        yield name, [command for command in found if not isinstance(command, Submit)]


def _decoded(line: bytes) -> AnyCommand | None:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # garbage, or of a newer version
        return None
