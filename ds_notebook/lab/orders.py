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
from ds_notebook.record.commands import AnyCommand, Pause, Resume, Save, Set, Stop, send
from ds_notebook.record.events import Decision, RunStarted
from ds_notebook.record.state import OVER, State

SHOWN = 10
"""A message has the newest so many commands."""
_MOST_BYTES = 4096
"""Of a command file; a longer one is none of ours."""
_MOST_NAME = 100
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
    if order.command != "set":
        if order.name is not None or order.value is not None:
            raise UsageError(f"{order.command} takes no name and no value: leave them out.")
        return _PLAIN[order.command]()
    if not order.name or order.value is None or len(order.name) > _MOST_NAME:
        raise UsageError('set takes a short name and a number, as in {"command": "set", "name": "lr", "value": 0.1}.')
    return Set(name=order.name, value=order.value)


def give(record: Record, command: AnyCommand) -> None:
    """Lay `command` into the run's folder; raises Refused where no producer will look for it."""
    state = record.state
    if state in OVER:
        raise Refused(f"Run {record.id} is {state}: nobody is there to obey.")
    if state == "queued":
        raise Refused(f"Run {record.id} has not started yet: try again once it runs.")
    try:
        send(record.path, command)
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
        self._newest = sorted([*self._newest, *found.values()], key=lambda command: command.at)[-SHOWN:]
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


def _commands(folder: Path, known: set[str]) -> Iterator[tuple[str, AnyCommand]]:
    """Name and command of each whole file that is not `known`; a stranger's links and pipes are left out."""
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
                yield name, _decoder.decode(file.read(_MOST_BYTES))
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue  # still being written, or of a newer version: seen again at the next look
