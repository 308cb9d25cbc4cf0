"""One process's file of a record: append only, created by the process that writes it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ds_notebook.record.events import Event, Note

_encoder = msgspec.json.Encoder(enc_hook=str)  # what JSON cannot hold (a path, a device) is kept as its text


class Journal:
    """Appends events as JSON lines to `events-<pid>-<random>.jsonl`, opened at the first write.

    Whole blocks go out in one unbuffered write, so what a write returned from survives a
    SIGKILL (not a power cut, unless `durable`). When the disk refuses, recording stops with
    one warning and never raises: the training that it records is worth more.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written_bytes = 0
        self.failure = ""
        self._new_writer()

    def _new_writer(self) -> None:
        self._pid = os.getpid()
        self._writer = f"{self._pid}-{secrets.token_hex(3)}"
        self._file: int | None = None

    def write(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append `events`; with `durable` they are on the disk before this returns."""
        if self.failure or not events:
            return
        if self._pid != os.getpid():  # forked: a process appends only to the file that it created
            self.close()
        try:
            self._append(_encoded(events))
        except OSError as error:
            self._give_up(error)
        if durable:
            self.sync()

    def sync(self) -> None:
        """What was written before is on the disk when this returns; a thread may write meanwhile."""
        file = self._file
        if self.failure or file is None:
            return
        try:
            os.fsync(file)
        except OSError as error:
            self._give_up(error)

    def _append(self, lines: bytes) -> None:
        if self._file is None:
            self._file = _create(self.folder, self._writer)
        _write_all(self._file, lines)
        self.written_bytes += len(lines)

    def _give_up(self, error: OSError) -> None:
        self.failure = (
            f"Recording stopped: {self.folder} could not be written ({error.strerror}). "
            "The run itself goes on; free some space for the next one."
        )
        with contextlib.suppress(Warning):  # `python -W error` must not end a training here
            warnings.warn(self.failure, stacklevel=2)

    def end(self, first: Event, last: Event) -> None:
        """Write the last event durably and close; after a failure, say so in a new file if there is room again.

        That file repeats `first` where nothing at all could be written before.
        """
        self.write([last], durable=True)
        if self.failure:
            note = Note(level="error", text=self.failure)
            with contextlib.suppress(OSError):  # the disk is still full: the warning has been given
                write_apart(self.folder, [note, last] if self.written_bytes else [first, note, last], self._end_writer)
        self.close()

    @property
    def _end_writer(self) -> str:
        return f"{self._writer}-end"

    def close(self) -> None:
        """Give the file back; what is written later begins a new one. In a forked child the parent's stays as it is."""
        file = self._file
        self._new_writer()
        if file is not None:
            os.close(file)


def write_apart(folder: Path, events: Sequence[Event], writer: str = "") -> None:
    """Write events of someone who is not the run's producer, durably, in a file of their own; raises OSError."""
    file = _create(folder, writer or f"{os.getpid()}-{secrets.token_hex(3)}")
    try:
        _write_all(file, _encoded(events))
        os.fsync(file)
    finally:
        os.close(file)


def _create(folder: Path, writer: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
    return os.open(folder / f"events-{writer}.jsonl", flags, 0o600)


def _write_all(file: int, lines: bytes) -> None:
    left = memoryview(lines)
    while left:
        left = left[os.write(file, left) :]


def _encoded(events: Sequence[Event]) -> bytes:
    try:
        return _encoder.encode_lines(events)
    except UnicodeEncodeError:  # half a character, as in a file name that is not UTF-8: shown as "?"
        plain = (msgspec.to_builtins(event, enc_hook=str) for event in events)
        lines = (json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n" for event in plain)
        return "".join(lines).encode("utf-8", "replace")
