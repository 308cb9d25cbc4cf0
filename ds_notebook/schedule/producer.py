"""What writes a record without being a loop: the scheduler its queue, a wrapper its job."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from ds_notebook import __version__
from ds_notebook.errors import RecordError
from ds_notebook.record.commands import AnyCommand, Unknown
from ds_notebook.record.events import Decision, EndStatus, Event, RunEnded, RunStarted
from ds_notebook.record.files import event_files, first_event
from ds_notebook.record.journal import Journal
from ds_notebook.record.state import this_boot

RESERVE_BYTES = 256 << 10


class Producer:
    """The producer of a run whose lock this process holds."""

    def __init__(self, folder: Path, started: RunStarted) -> None:
        """Write durably that the run has begun; raises RecordError where that cannot be written."""
        self.folder = folder
        self._journal = Journal(folder)
        self._reserve = folder / "reserve"
        self.emit([started], durable=True)
        with contextlib.suppress(OSError):  # no room to spare
            self._reserve.write_bytes(bytes(RESERVE_BYTES))

    def emit(self, events: Sequence[Event], *, durable: bool = False) -> None:
        """Append events, on the disk when this returns if `durable`; raises RecordError where they cannot be.

        A full disk has room for some more: that which was laid by at the start.
        """
        if not events or self._journal.write_now(events, durable=durable):
            return
        if self._reserve.exists():
            self._reserve.unlink()
            if self._journal.write_now(events, durable=durable):
                return
        raise RecordError(f"{self._journal.failure}.")

    def say(self, *events: Event) -> None:
        """Append events, which wait in memory where the disk is full; without events what waits is tried again."""
        self._journal.write(events)

    def end(self, status: EndStatus, error: str = "", *, said: Sequence[Event] = ()) -> None:
        """Write what is `said` and the last event durably, if need be where room was laid by; raises RecordError."""
        self.emit([*said, RunEnded(status=status, error=error)], durable=True)
        self._reserve.unlink(missing_ok=True)
        self._journal.close()


def answer(command: AnyCommand | Unknown, refused: str = "") -> Decision:
    """The event that says that a command was applied, or refused with the reason."""
    verdict = "refused" if refused else "applied"
    evidence = {"command": command.word}
    return Decision(policy="command", subject=command.id, verdict=verdict, reason=refused, evidence=evidence)


def started_now(folder: Path, *, not_before: float, **what: Any) -> RunStarted:  # fields of RunStarted
    """This process as the producer of the run in `folder`, later than all who were it before.

    `not_before` is Unix seconds: a clock may have been set back since the last event.
    """
    starts = (first_event(file) for file in event_files(folder))
    latest = max((start.at for start in starts if start), default=0.0)
    return RunStarted(
        at=max(not_before, latest + 1e-3),
        host=platform.node(),
        boot_id=this_boot(),
        pid=os.getpid(),
        process_started=psutil.Process().create_time(),
        version=__version__,
        **what,
    )
