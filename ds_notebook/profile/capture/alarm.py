"""An alarm that rings on the main thread, between two of its instructions: the signal of a timer.

It costs a third of a thread that is woken as often: no thread has to wait for another's GIL. The timer counts the time
that the thread has a core, so a call that waits for the system is not interrupted: none has to be begun anew.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

_COARSE_CLOCK = 6
"""CLOCK_MONOTONIC_COARSE of Linux, which advances by a tick at a time."""
_TO_ONE_THREAD = 4
"""SIGEV_THREAD_ID of Linux's timer_create(2)."""


class _Event(ctypes.Structure):
    """`struct sigevent` of Linux, 64 bytes."""

    _fields_ = [
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("thread", ctypes.c_int),
        ("unused", ctypes.c_int * 11),
    ]


class _Times(ctypes.Structure):
    """`struct itimerspec`: seconds and nanoseconds of the interval, and until the first time."""

    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "first_s", "first_ns")]


class Alarm:
    """Calls `ring` with the main thread's innermost frame from `set` to `clear`, every `every_s` of its time on a core.

    Linux looks at such timers at each tick, 100 to 1000 times a second as it was built: no alarm rings more often.
    """

    def __init__(self, every_s: float, ring: Callable[[FrameType], None]) -> None:
        self._every_s = every_s
        self._ring = ring
        self._timer: ctypes.c_void_p | None = None
        self._number: int | None = None

    def set(self) -> bool:
        """Whether it can: on Linux, not more often than there are ticks, by the main thread, where a signal is free.

        Where signals wake an event loop by a byte, thousands of them would fill its pipe and be complained of.
        """
        if sys.platform != "linux" or self._every_s < time.clock_getres(_COARSE_CLOCK):
            return False
        if threading.current_thread() is not threading.main_thread() or _signals_wake_someone():
            return False
        self._number = _free_signal()
        if self._number is None or (timer := _timer(self._number)) is None:
            return False
        self._timer = timer
        signal.signal(self._number, self._rings)
        signal.siginterrupt(self._number, False)
        seconds, nanoseconds = divmod(round(self._every_s * 1e9), 10**9)
        times = _Times(seconds, nanoseconds, seconds, nanoseconds)
        if _system().timer_settime(timer, 0, ctypes.byref(times), None):
            self.clear()
        return self._timer is not None

    def clear(self) -> None:
        """It rings no more; the signal is the system's again if the main thread says so."""
        if self._timer is None:
            return
        _system().timer_delete(self._timer)  # in a forked child there is none, which is as well
        self._timer = None
        if self._number is not None and threading.current_thread() is threading.main_thread():
            # one that is still on its way would end the process; to ignore it drops it
            signal.signal(self._number, signal.SIG_IGN)
            signal.signal(self._number, signal.SIG_DFL)

    def _rings(self, _number: int, frame: FrameType | None) -> None:
        if frame is not None and self._timer is not None:
            self._ring(frame)


def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _signals_wake_someone() -> bool:
    descriptor = signal.set_wakeup_fd(-1)
    if descriptor != -1:
        signal.set_wakeup_fd(descriptor)
    return descriptor != -1


def _free_signal() -> int | None:
    """A real-time signal for which nobody has a handler; the highest, since programs begin with the lowest."""
    numbers = range(signal.SIGRTMAX, signal.SIGRTMIN, -1)
    return next((each for each in numbers if signal.getsignal(each) == signal.SIG_DFL), None)


def _timer(number: int) -> ctypes.c_void_p | None:
    """A timer of this thread's that is not set yet; None where the C library or the machine has none."""
    create = getattr(_system(), "timer_create", None)
    if create is None:
        return None
    event = _Event(signal=number, notify=_TO_ONE_THREAD, thread=threading.get_native_id())
    timer = ctypes.c_void_p()
    failed = create(time.CLOCK_THREAD_CPUTIME_ID, ctypes.byref(event), ctypes.byref(timer))
    return None if failed else timer
