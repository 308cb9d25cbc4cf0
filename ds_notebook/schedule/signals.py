"""Signals as something to wait for beside pipes: each arrives as a number to be read."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

AWAITED = (signal.SIGCHLD, signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


_ENDING = (signal.SIGTERM, signal.SIGINT)


def is_end(numbers: bytes) -> bool:
    """Whether one of these signals, as `Signals.read` gives them, tells the scheduler to end."""
    return any(number in _ENDING for number in numbers)


class Signals:
    """A file to select on, and the numbers of the signals that came."""

    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver

    def fileno(self) -> int:
        return self._receiver.fileno()

    def read(self) -> bytes:
        """The numbers since the last call."""
        try:
            return self._receiver.recv(4096)
        except BlockingIOError:
            return b""


@contextmanager
def signals() -> Iterator[Signals]:
    """Turn the awaited signals into numbers, for the main thread; a program started meanwhile has the usual ones."""
    receiver, sender = socket.socketpair()
    receiver.setblocking(False)
    sender.setblocking(False)
    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    # A handler that does nothing, not SIG_IGN, which a started program would inherit.
    handlers = {number: signal.signal(number, lambda *_: None) for number in AWAITED}
    try:
        yield Signals(receiver)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        receiver.close()
        sender.close()
