"""One process's file of a record: append only, created by the process that writes it."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ds_notebook.record.events import Event, Note

_encoder = msgspec.json.Encoder()


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
            self.after_fork()
        try:
            self._append(_encoder.encode_lines(events))
            if durable and self._file is not None:
                os.fsync(self._file)
        except OSError as error:
            self._give_up(error)

    def _append(self, lines: bytes) -> None:
        if self._file is None:
            self._file = self._open(self._writer)
        left = memoryview(lines)
        while left:
            left = left[os.write(self._file, left) :]
        self.written_bytes += len(lines)

    def _open(self, writer: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        return os.open(self.folder / f"events-{writer}.jsonl", flags, 0o600)

    def _give_up(self, error: OSError) -> None:
        self.failure = (
            f"Recording stopped: {self.folder} could not be written ({error.strerror}). "
            "The run itself goes on; free some space for the next one."
        )
        warnings.warn(self.failure, stacklevel=2)

    def close(self, last: Event) -> None:
        """Write the last event durably; after a failure, say so in a new file if there is room again."""
        if not self.failure:
            self.write([last], durable=True)
        if self.failure:
            self._write_after_failure(last)
        self._close_file()

    def _write_after_failure(self, last: Event) -> None:
        try:
            file = self._open(f"{self._writer}-end")
        except OSError:
            return  # the disk is still full: the warning has been given
        try:
            os.write(file, _encoder.encode_lines([Note(level="error", text=self.failure), last]))
        except OSError:
            return
        finally:
            os.close(file)

    def after_fork(self) -> None:
        """In a child: leave the parent's file alone and begin one of its own."""
        self._close_file()
        self._new_writer()

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
