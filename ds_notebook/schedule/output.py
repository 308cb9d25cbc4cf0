"""What a job prints: kept in two files of bounded size, so that a chatty job cannot fill the disk."""

from __future__ import annotations

import os
from pathlib import Path

MAX_BYTES = 8 << 20
"""A file that has grown to this becomes the older half, in place of the one before."""
_TAIL_BYTES = 4096


class OutputFile:
    """Appends to `NAME.log`; what was before the last 8 to 16 MB is gone.

    A disk that refuses is not the job's fault: its output is then lost, and `failure` says so.
    """

    def __init__(self, folder: Path, name: str, max_bytes: int = MAX_BYTES) -> None:
        self.failure = ""
        self._path = folder / f"{name}.log"
        self._older = folder / f"{name}.older.log"
        self._max_bytes = max_bytes
        self._size = 0
        self._tail = b""
        self._file: int | None = None

    def write(self, data: bytes) -> None:
        """Append what the job printed."""
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        try:
            self._append(data)
        except OSError as error:
            self.failure = f"What it printed could not be kept: {error.strerror}."

    def _append(self, data: bytes) -> None:
        if self._file is None:
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]
        self._size += len(data)
        if self._size >= self._max_bytes:
            self.close()
            os.replace(self._path, self._older)
            self._size = 0

    @property
    def last_line(self) -> str:
        """The last line that says something."""
        lines = self._tail.decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        """Give the file back; a later write opens it again."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
