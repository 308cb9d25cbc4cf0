"""What is measured, in files of the queue's record that hold nothing else: the oldest are deleted while it grows.

Of each life of the scheduler its last number stays: it tells how long that one lived, so how long jobs ran in it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ds_notebook.record.events import AnyEvent, RunStarted, Usage
from ds_notebook.record.files import event_files, first_event
from ds_notebook.record.journal import Journal
from ds_notebook.record.reader import Position
from ds_notebook.schedule.pages import rewrite

KEPT_S = 7 * 86400.0
KEPT_BYTES = 16 << 20
"""A view reads them all: so many in 0.2 s."""
_NOW_BYTES = 64 << 10
_NUM_FILES = 16
"""A file is closed at such a part of what is kept, since only whole ones are deleted."""


class Numbers:
    """Only who holds the folder's lock may write them."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._begin(time.time())

    def add(self, usages: Sequence[Usage]) -> None:
        """Append; where the disk has no room they are lost, as they are worth less than what else it is to hold."""
        if not usages:
            return
        now = time.time()
        if self._journal.written_bytes >= KEPT_BYTES / _NUM_FILES or abs(now - self._begun_at) >= KEPT_S / _NUM_FILES:
            self.close()
            self._begin(now)
        self._journal.write_now(usages)

    def _begin(self, now: float) -> None:
        forget_old(self._home, now)
        self._begun_at = now
        self._journal = Journal(self._home)

    def close(self) -> None:
        """Give the file back."""
        self._journal.close()


def forget_old(home: Path, now: float) -> None:
    """Delete files of numbers that have not grown for a week, and the oldest beyond what is kept; none is open.

    The newest of each life is shortened to its last number.
    """
    kept_bytes = 0
    lives: set[str] = set()
    for path, stat in sorted(_files(home), key=lambda found: found[1].st_mtime, reverse=True):
        kept_bytes += stat.st_size
        life = path.name.split("-")[1]  # the number of its process
        if kept_bytes > KEPT_BYTES or stat.st_mtime < now - KEPT_S:
            if life in lives:
                path.unlink(missing_ok=True)
            else:
                _shorten(path)
        lives.add(life)


def _shorten(path: Path) -> None:
    """To its last number; where the disk has no room for that, it is a matter for later."""
    with contextlib.suppress(OSError):
        last = path.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[2] + b"\n"
        rewrite(path, lambda line: line == last)


def without_numbers(events: Iterable[AnyEvent]) -> Iterator[AnyEvent]:
    """The events without what was measured, but for the last of it before each start of a scheduler, and of all."""
    last: Usage | None = None
    for event in events:
        if isinstance(event, Usage):
            last = event
            continue
        if last is not None and isinstance(event, RunStarted):
            yield last
            last = None
        yield event
    if last is not None:
        yield last


def latest(home: Path) -> Position:
    """Where to read on from for whoever asks how things stand, and not how they came to it."""
    return {path.name: max(0, stat.st_size - _NOW_BYTES) for path, stat in _files(home)}


def _files(home: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in event_files(home):
        if isinstance(first_event(path), Usage):
            with contextlib.suppress(FileNotFoundError):  # who deletes the folder deletes all of it
                yield path, path.stat()
