"""Linux's Landlock: a process gives up for ever to write, to start programs and to reach the network.

https://docs.kernel.org/userspace-api/landlock.html. What an audit hook of Python sees ends where C code begins:
`torch.save` and Parquet open their files in C.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_NO_NEW_PRIVILEGES = 38
_VERSION = 1
_BENEATH = 1

_EXECUTE, _WRITE, _TRUNCATE = 1 << 0, 1 << 1, 1 << 14
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))  # remove and make, of every kind
_MOVE_BETWEEN = 1 << 13
_BIND_AND_CONNECT = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scope", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """What the kernel offers, 0 where there is none: Linux before 5.13, another system, or a container forbids it."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)))


def only_write(places: Iterable[Path]) -> bool:
    """From now on this process and those it starts write beneath `places` only; False where there is no Landlock.

    To be called while the process has one thread: the others would go on as before.
    """
    kernel = version()
    if not kernel:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    changes = _WRITE | _CHANGE_FOLDER | (_MOVE_BETWEEN if kernel >= 2 else 0) | (_TRUNCATE if kernel >= 3 else 0)
    ruleset = _Ruleset(
        files=_EXECUTE | changes,
        network=_BIND_AND_CONNECT if kernel >= 4 else 0,
        scope=_ABSTRACT_SOCKETS_AND_SIGNALS if kernel >= 6 else 0,
    )
    size = 24 if kernel >= 6 else 16 if kernel >= 4 else 8
    rules = _checked(libc.syscall(_CREATE, ctypes.byref(ruleset), ctypes.c_size_t(size), 0))
    try:
        for place in places:
            _allow(libc, rules, place, changes)
        _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(libc.syscall(_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(libc: ctypes.CDLL, rules: int, place: Path, changes: int) -> None:
    if not place.exists():
        return
    access = changes if place.is_dir() else changes & (_WRITE | _TRUNCATE)
    folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(access=access, folder=folder)
        _checked(libc.syscall(_ADD_RULE, rules, _BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(folder)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
