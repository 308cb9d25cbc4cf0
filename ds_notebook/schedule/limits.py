"""How much memory a job may hold: by a cgroup where this user may make one, else by an rlimit and a watch."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import time
from pathlib import Path

from ds_notebook.host.limits import ROOT, cgroup_folders
from ds_notebook.schedule.tree import descendants

WATCH_S = 0.25
"""How often a watched job is looked at."""
_SLACK_BYTES = 512 << 20
_REMOVE_S = 1.0


class Unlimited:
    """A job that may hold what it gets; the base of the limits below."""

    how = ""
    """How the limit is kept, in words; empty where there is none."""
    watches = False
    """Whether `exceeded` has to be asked every `WATCH_S`."""

    def enter(self) -> None:
        """In the job's first process, before the user's program."""

    def exceeded(self, pid: int) -> bool:
        """Whether the job below the process `pid` held, or holds, more than it may."""
        return False

    def close(self) -> None:
        """Once all processes of the job are gone."""


class ByCgroup(Unlimited):
    """The kernel keeps it, by cgroup v1 or v2: exact, also for what processes share."""

    how = "by a cgroup"

    def __init__(self, group: Path) -> None:
        self.group = group

    def set(self, limit_bytes: int) -> None:
        """Raises OSError where the group has no controller for memory, or this user may put no process into it."""
        v2 = self.group / "memory.max"
        # Not `write_text`, which would make the file where the kernel has none.
        _put(v2 if v2.exists() else self.group / "memory.limit_in_bytes", str(limit_bytes))
        if not os.access(self.group / "cgroup.procs", os.W_OK):
            raise PermissionError
        rest = {"memory.swap.max": 0, "memory.memsw.limit_in_bytes": limit_bytes, "memory.oom.group": 1}
        for name, value in rest.items():
            with contextlib.suppress(OSError):
                _put(self.group / name, str(value))

    def enter(self) -> None:
        _put(self.group / "cgroup.procs", "0")

    def exceeded(self, pid: int) -> bool:
        said = _text(self.group / "memory.events") + _text(self.group / "memory.oom_control")
        return any(int(count) for count in re.findall(r"^oom_kill (\d+)$", said, re.MULTILINE))

    def close(self) -> None:
        deadline = time.monotonic() + _REMOVE_S
        while self.group.is_dir() and time.monotonic() < deadline:
            with contextlib.suppress(OSError):  # busy as long as the kernel still clears up after the last process
                self.group.rmdir()
                return
            time.sleep(0.01)


class ByWatch(Unlimited):
    """Looked at four times a second; an rlimit stops what grows too fast for that.

    The rlimit is wide, as it counts what a process has reserved: the stacks of all its threads, for one.
    """

    how = "by a look four times a second"
    watches = True

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes

    def enter(self) -> None:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wide = 2 * self._limit_bytes + _SLACK_BYTES
        wide = wide if hard == resource.RLIM_INFINITY else min(wide, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (wide, wide))

    def exceeded(self, pid: int) -> bool:
        processes = descendants(pid)
        if sum(map(_resident_bytes, processes)) <= self._limit_bytes:
            return False
        return sum(map(_shared_fairly_bytes, processes)) > self._limit_bytes  # dearer, and counts what is shared once


class NotKept(Unlimited):
    """Neither way is there: the record says so."""

    how = "not at all: this platform has neither cgroups nor /proc"


def memory_limit(job: str, limit_bytes: int | None, root: Path = ROOT) -> Unlimited:
    """The best way that this machine and user have to keep `limit_bytes`; None: no limit.

    `root`: where `proc` and `sys` lie.
    """
    if limit_bytes is None:
        return Unlimited()
    if (kept := _in_new_group(f"ds-{job}-{secrets.token_hex(3)}", limit_bytes, root)) is not None:
        return kept
    return ByWatch(limit_bytes) if sys.platform == "linux" else NotKept()


def remove_groups(job: str) -> None:
    """Remove what a wrapper that was killed has left; its processes are gone."""
    for folder in _parents(ROOT):
        for group in folder.glob(f"ds-{job}-??????"):  # by the length: a job `net` is not one `net-2`
            ByCgroup(group).close()


def _in_new_group(name: str, limit_bytes: int, root: Path) -> ByCgroup | None:
    """A cgroup with that limit, None where none can be made."""
    for folder in _parents(root):
        kept = ByCgroup(folder / name)
        try:
            kept.group.mkdir()
        except OSError:
            continue
        try:
            kept.set(limit_bytes)
        except OSError:  # made, but without a controller for memory: v2 gives none beside processes
            kept.group.rmdir()
            continue
        return kept
    return None


def _parents(root: Path) -> list[Path]:
    """The groups in which one of ours may be made: below this process's own, or beside it."""
    return cgroup_folders("memory", root)[:2]


def _put(path: Path, text: str) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def _resident_bytes(pid: int) -> int:
    fields = _text(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


def _shared_fairly_bytes(pid: int) -> int:
    found = re.search(r"^Pss: +(\d+) kB", _text(Path(f"/proc/{pid}/smaps_rollup")), re.MULTILINE)
    return int(found[1]) * 1024 if found else _resident_bytes(pid)


def held_bytes(pid: int) -> int:
    """Memory of everything below `pid`; what processes share is counted in each."""
    return sum(map(_resident_bytes, descendants(pid)))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
