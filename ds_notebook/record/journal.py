"""One process's file of a record: append only, created by the process that writes it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ds_notebook.record.events import Event, Note

_encoder = msgspec.json.Encoder(enc_hook=str)  # what JSON cannot hold (a path, a device) is kept as its text

TRY_EVERY_S = 1.0
"""A disk that refused is tried again after so long."""
MOST_WAITING_BYTES = 16 << 20
"""Kept in memory while the disk refuses: days of a training's numbers."""


class Journal:
    """Appends events as JSON lines to `events-<pid>-<random>.jsonl`, opened at the first write.

    Whole blocks go out in one unbuffered write, so what a write returned from survives a
    SIGKILL (not a power cut, unless `durable`). What the disk refuses waits in memory, with one
    warning, and goes out first once there is room; nothing is raised: the training that is recorded is worth more.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written_bytes = 0
        self._new_writer()

    def _new_writer(self) -> None:
        self._pid = os.getpid()
        self._writer = f"{self._pid}-{secrets.token_hex(3)}"
        self._file: int | None = None
        self.failure = ""
        """Why the last write was refused; empty once all is written."""
        self._waiting = bytearray()
        self._num_lost = 0
        self._is_said = False
        self._refused_at = self._next_try = 0.0

    def write(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append `events`, or keep them until there is room; with `durable` they are on the disk before this returns.

        A full disk is tried at once for what is `durable`, else once a second, by a call without events too.
        """
        if not events and not self.failure:
            return
        self._begin_anew_if_forked()
        lines = _encoded(events)
        is_too_soon = self.failure and not durable and time.monotonic() < self._next_try
        if is_too_soon or not self._append(lines):
            self._keep(lines)
            self._warn()
        elif durable:
            self.sync()

    def write_now(self, events: Sequence[Event], *, durable: bool = False) -> bool:
        """Append `events` now; False where the disk refuses, and then they do not wait in memory."""
        self._begin_anew_if_forked()
        return self._append(_encoded(events)) and (not durable or self.sync())

    def sync(self) -> bool:
        """Whether what was written before is on the disk when this returns; a thread may write meanwhile."""
        file = self._file
        if file is None:
            return not self.failure
        try:
            os.fsync(file)
        except OSError as error:
            self._refused(error)
            self._warn()
            return False
        return True

    def _append(self, lines: bytes) -> bool:
        """Write what waits, and then `lines`; False where the disk refuses."""
        try:
            if self._file is None:
                self._file = _create(self.folder, self._writer)
            if self.failure:
                lines = bytes(self._waiting) + self._gap_note() + lines
            _write_whole(self._file, lines)
        except OSError as error:
            self._refused(error)
            return False
        self.written_bytes += len(lines)
        self.failure, self._num_lost, self._is_said = "", 0, False
        self._waiting = bytearray()
        return True

    def _refused(self, error: OSError) -> None:
        now = time.monotonic()
        if not self.failure:
            self._refused_at = now
        self._next_try = now + TRY_EVERY_S
        self.failure = f"{self.folder} could not be written ({error.strerror})"

    def _keep(self, lines: bytes) -> None:
        if len(self._waiting) + len(lines) <= MOST_WAITING_BYTES:
            self._waiting += lines
        else:
            self._num_lost += lines.count(b"\n")

    def _gap_note(self) -> bytes:
        """For the reader of the record, where the user was warned."""
        if not self._is_said:
            return b""
        lost = f" {self._num_lost} events found no room in memory and are lost." if self._num_lost else ""
        text = (
            f"{self.failure} for {time.monotonic() - self._refused_at:.0f} s: what was recorded meanwhile waited.{lost}"
        )
        return _encoded([Note(level="error" if lost else "warning", text=text)])

    def _warn(self) -> None:
        if self._is_said:
            return
        self._is_said = True
        with contextlib.suppress(Warning):  # `python -W error` must not end a training here
            warnings.warn(
                f"Recording waits: {self.failure}. The run itself goes on; "
                "free some space, and what it records meanwhile is written then.",
                stacklevel=3,
            )

    def end(self, last: Event) -> None:
        """Write the last event durably and close; what the disk still refuses is lost."""
        self.write([last], durable=True)
        self.close()

    def close(self) -> None:
        """Give the file back, after a last try to write what waits; what is written later begins a new one.

        In a forked child the parent's stays as it is.
        """
        if self._waiting and self._pid == os.getpid():
            self._append(b"")
        file = self._file
        self._new_writer()
        if file is not None:
            os.close(file)

    def _begin_anew_if_forked(self) -> None:
        if self._pid != os.getpid():  # a process appends only to the file that it created
            self.close()


def write_apart(folder: Path, events: Sequence[Event], writer: str = "") -> None:
    """Write events of someone who is not the run's producer, durably, in a file of their own.

    Raises OSError, and then there is no such file.
    """
    writer = writer or f"{os.getpid()}-{secrets.token_hex(3)}"
    file = _create(folder, writer)
    try:
        _write_whole(file, _encoded(events))
        os.fsync(file)
    except OSError:
        os.unlink(_path(folder, writer))
        raise
    finally:
        os.close(file)


def _create(folder: Path, writer: str) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
    return os.open(_path(folder, writer), flags, 0o600)


def _path(folder: Path, writer: str) -> Path:
    return folder / f"events-{writer}.jsonl"


def _write_whole(file: int, lines: bytes) -> None:
    """Write all or, where the disk refuses, nothing: half a line may only ever be the last one. Raises OSError."""
    before = os.fstat(file).st_size
    left = memoryview(lines)
    try:
        while left:
            left = left[os.write(file, left) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(file, before)
        raise


def _encoded(events: Sequence[Event]) -> bytes:
    try:
        return _encoder.encode_lines(events)
    except UnicodeEncodeError:  # half a character, as in a file name that is not UTF-8: shown as "?"
        plain = (msgspec.to_builtins(event, enc_hook=str) for event in events)
        lines = (json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n" for event in plain)
        return "".join(lines).encode("utf-8", "replace")
