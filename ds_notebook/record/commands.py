"""The orders that a button or terminal gives a run: the sender writes a file, the producer reads it between steps."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ds_notebook.errors import RecordError
from ds_notebook.record.files import sync_folder


class Command(msgspec.Struct, kw_only=True, tag_field="command", tag=str.lower, frozen=True):
    """An order with an id of its own, so that the record can say what became of it."""

    id: str = msgspec.field(default_factory=lambda: secrets.token_hex(6))
    at: float = msgspec.field(default_factory=time.time)
    target: str = ""
    """The run's id."""

    @property
    def word(self) -> str:
        """The order as a person says it: stop, pause, set lr=0.001."""
        return str(self.__struct_config__.tag)


class Stop(Command, frozen=True):
    """End after this step; the model stays usable."""


class Pause(Command, frozen=True):
    """Wait after this step until Resume or Stop."""


class Resume(Command, frozen=True):
    """Go on after a Pause."""


class Save(Command, frozen=True):
    """Keep the weights as they are after this step."""


class Set(Command, frozen=True):
    """Change a number of the running loop: lr, for one."""

    name: str
    value: float

    @property
    def word(self) -> str:
        return f"set {self.name}={self.value:g}"


class Submit(Command, frozen=True):
    """Queue a job; to the run of a scheduler, which knows what a job is."""

    job: dict[str, Any]  # any JSON

    @property
    def word(self) -> str:
        return f"submit {self.job.get('id', '')}".rstrip()


class Cancel(Command, frozen=True):
    """End a job, or do not start it; to the run of a scheduler."""

    job: str

    @property
    def word(self) -> str:
        return f"cancel {self.job}"


RunCommand = Stop | Pause | Resume | Save | Set
"""What any run may be told, also by a page that shows it."""
AnyCommand = RunCommand | Submit | Cancel


class Unknown(NamedTuple):
    """A command of a newer version: all this one can do is refuse it by its id."""

    id: str
    word: str


_decoder: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_GARBAGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def send(folder: Path, command: AnyCommand) -> None:
    """Append `command` for the run in `folder`; raises RecordError if it cannot be written."""
    send_all(folder, [command])


def send_all(folder: Path, commands: Sequence[AnyCommand], *, durable: bool = False) -> None:
    """Append several in one write, all or none; with `durable` they are on the disk when this returns."""
    path = folder / f"commands-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
    lines = msgspec.json.Encoder().encode_lines(
        [msgspec.structs.replace(command, target=folder.name) for command in commands]
    )
    try:
        _write_whole(path, lines, durable=durable)
    except OSError as error:
        raise RecordError(
            f"The command {commands[0].word} could not be written to {folder}: {error.strerror}. "
            "Free some space, or send it as the user who started the run."
        ) from None


def _write_whole(path: Path, lines: bytes, *, durable: bool) -> None:
    """Write a file that a reader sees as a whole or not at all."""
    new = path.with_name(f".{path.name}")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = memoryview(lines)
        while left:
            left = left[os.write(file, left) :]
        if durable:
            os.fsync(file)
        os.rename(new, path)
    except OSError:
        os.unlink(new)
        raise
    finally:
        os.close(file)
    if durable:
        sync_folder(path.parent)


class Inbox:
    """The commands sent to a run after this object was made.

    By file position, not by clock: a sender on another machine may have another time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read_bytes: dict[str, int] = {}
        self.poll()

    def poll(self) -> list[AnyCommand | Unknown]:
        """What has come since the last call, oldest first; a line not yet whole waits for the next call."""
        try:
            names = os.listdir(self._folder)
        except OSError:  # deleted, or a network folder that is away: the loop goes on
            return []
        found: list[AnyCommand | Unknown] = []
        for name in names:
            if name.startswith("commands-"):
                found.extend(self._new_lines(name))
        found.sort(key=lambda command: command.at if isinstance(command, Command) else 0.0)
        return found

    def _new_lines(self, name: str) -> list[AnyCommand | Unknown]:
        commands, self._read_bytes[name] = read_commands(self._folder / name, self._read_bytes.get(name, 0))
        return commands


def read_commands(path: Path, position: int = 0) -> tuple[list[AnyCommand | Unknown], int]:
    """The whole commands after byte `position` of a sender's file, and the position to go on from."""
    try:
        with open(path, "rb", buffering=0) as file:
            file.seek(position)
            whole, newline, _ = file.read().rpartition(b"\n")
    except OSError:
        return [], position
    if not newline:
        return [], position
    commands = [command for line in whole.split(b"\n") if (command := _decode(line)) is not None]
    return commands, position + len(whole) + 1


def _decode(line: bytes) -> AnyCommand | Unknown | None:
    try:
        return _decoder.decode(line)
    except _GARBAGE:
        pass
    try:
        raw = msgspec.json.decode(line)
        return Unknown(str(raw["id"]), str(raw["command"]))
    except (*_GARBAGE, KeyError, TypeError):
        return None
