"""The queue's record on a disk that may be full: what cannot be written cannot be done either, and is waited for."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from ds_notebook.errors import RecordError
from ds_notebook.record.events import AnyEvent, EndStatus
from ds_notebook.schedule.producer import Producer
from ds_notebook.schedule.signals import Signals, is_end

_FULL_S = 1.0

Done = TypeVar("Done")


def is_full(error: OSError) -> bool:
    """Whether it says that the disk, or the user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


class Ledger:
    """Writes what the scheduler says, sooner or later."""

    def __init__(self, record: Producer, arrived: Signals) -> None:
        self._record = record
        self._arrived = arrived

    def emit(self, events: Sequence[AnyEvent], *, durable: bool = False) -> None:
        """Append events, on the disk when this returns if `durable`; returns only once there was room for them.

        Raises RecordError where the scheduler is told to end meanwhile.
        """
        while True:
            try:
                return self._record.emit(events, durable=durable)
            except RecordError as error:
                self._wait_for_room(error)

    def once_there_is_room(self, work: Callable[[], Done]) -> Done:
        """What `work` returns, which is called again while the disk is full; raises its other errors."""
        while True:
            try:
                return work()
            except OSError as error:
                if not is_full(error):
                    raise
                self._wait_for_room(error)

    def _wait_for_room(self, error: Exception) -> None:
        """Let a while pass after `error`; raises it as RecordError where the scheduler is told to end."""
        if is_end(self._arrived.read()):
            raise RecordError(str(error))
        print(error, file=sys.stderr, flush=True)
        time.sleep(_FULL_S)

    def end(self, status: EndStatus) -> None:
        """Write the last event."""
        self._record.end(status)
