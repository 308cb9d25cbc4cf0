"""Why a program ended, in words: from its status, its last line and the state of the machine."""

from __future__ import annotations

import os
import re
import signal
import tempfile
from pathlib import Path
from typing import NamedTuple, Self

_FULL_BYTES = 1 << 20
"""A disk with less than this is full."""
_LONGEST_LINE = 300


class Circumstances(NamedTuple):
    """What the machine was like when the program ended."""

    full_disks: tuple[str, ...] = ()
    memory_limit_bytes: int | None = None
    killed_by_kernel: bool = False
    """The kernel ran out of memory and killed something meanwhile."""

    @classmethod
    def now(cls, cwd: str, *, memory_limit_bytes: int | None, killed_by_kernel: bool) -> Self:
        places = dict.fromkeys([cwd, tempfile.gettempdir()])
        return cls(tuple(place for place in places if _is_full(place)), memory_limit_bytes, killed_by_kernel)


def exit_reason(status: int, last_line: str, around: Circumstances, *, says_why: bool = False) -> str:
    """One sentence, without its full stop; `status` is negative where a signal ended the program.

    `says_why`: its last line is the whole reason.
    """
    if status < 0:
        said = f"{_signal_name(-status)} ended it"
        if -status == signal.SIGKILL and around.killed_by_kernel:
            said += ": the machine ran out of memory"
        return said
    line = _printable(last_line)[:_LONGEST_LINE].rstrip(".")
    status_words = f"exit status {status}"
    said = line if line and says_why else f"{status_words}: {line}" if line else status_words
    return said + _hint(last_line, around)


def _hint(last_line: str, around: Circumstances) -> str:
    if around.full_disks:
        return f" (the disk under {around.full_disks[0]} is full)"
    if "No space left on device" in last_line or "Errno 28" in last_line:
        return " (a disk is full)"
    if around.memory_limit_bytes is not None and re.search(
        r"MemoryError|[Cc]annot allocate memory|bad_alloc", last_line
    ):
        return f" (its limit of memory is {size(around.memory_limit_bytes)})"
    return ""


def _printable(line: str) -> str:
    return "".join(letter for letter in line if letter.isprintable())


def size(count: int) -> str:
    """Bytes as a person says them: 200 MB, 1.5 GB."""
    unit, name = (1e9, "GB") if count >= 1e9 else (1e6, "MB")
    return f"{count / unit:.3g} {name}"


def kernel_kills() -> int:
    """How many processes the kernel has killed for memory since it started; 0 where it does not say."""
    try:
        found = re.search(r"^oom_kill (\d+)$", Path("/proc/vmstat").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _is_full(place: str) -> bool:
    try:
        disk = os.statvfs(place)
    except OSError:
        return False
    can_fill_up = disk.f_blocks and not disk.f_flag & os.ST_RDONLY  # /proc has no blocks, an image none to give
    return bool(can_fill_up) and disk.f_bavail * disk.f_frsize < _FULL_BYTES
