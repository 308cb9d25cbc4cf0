"""What Ctrl-C and the notebook's stop button do to a training: finish the step and return; the second one raises."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def first_interrupt(ask_to_end: Callable[[], None]) -> Iterator[None]:
    """In this block the first SIGINT calls `ask_to_end`, any further one raises KeyboardInterrupt.

    The handler that was there is put back. Outside the main thread nothing is changed:
    interrupts are delivered to the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def handle(signum: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        ask_to_end()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
