"""How much memory this process takes: now, and at most while something runs."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ds_notebook.host.limits import read

_SELF = Path("/proc/self")
_EVERY_S = 0.001


def resident_bytes() -> int:
    """Memory of this process that lies in RAM, pages of shared libraries included."""
    found = _status_bytes("VmRSS")
    return _psutil_bytes() if found is None else found


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Yields a function that says the most resident bytes since the block began.

    On Linux the kernel keeps count, and misses nothing; its own count since the process began (ru_maxrss) starts anew.
    Where it can't be told to start anew (other systems, some sandboxes), a thread looks once a millisecond and may miss
    what is shorter.
    """
    if _count_anew():
        yield lambda: _status_bytes("VmHWM") or 0
        return
    with _looking() as most:
        yield most


def give_back_free_memory() -> None:
    """Return what is free inside malloc to the system, so that later measurements do not count it (glibc alone can)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def _count_anew() -> bool:
    try:
        (_SELF / "clear_refs").write_text("5")
    except OSError:
        return False
    return _status_bytes("VmHWM") is not None


@contextmanager
def _looking() -> Iterator[Callable[[], int]]:
    most = resident_bytes()
    stop = threading.Event()

    def most_so_far() -> int:
        nonlocal most
        most = max(most, resident_bytes())
        return most

    def look() -> None:
        while not stop.wait(_EVERY_S):
            most_so_far()

    thread = threading.Thread(target=look, name="ds-peak-memory", daemon=True)
    thread.start()
    try:
        yield most_so_far
    finally:
        stop.set()
        thread.join()


def _status_bytes(name: str) -> int | None:
    for line in read(_SELF / "status").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return None


def _psutil_bytes() -> int:
    import psutil  # slow to import, and only needed off Linux

    return int(psutil.Process().memory_info().rss)
