"""What the copy of a program may not do: write a file, speak to a network, start a program. The first try ends it."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from ds_notebook.profile.trials import landlock

REFUSED = "refused.json"
"""In the copy's folder: what it tried, and where."""
ENDED_BY_GUARD = 77

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SHARED = tuple("/dev/shm/" + name for name in ("pym-", "psm_", "sem.", "torch_"))
"""How the memory that workers share is named."""
_HARMLESS = ("/dev/null", *_SHARED, "/dev/nvidia", "/proc/self/")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/nvidia")
_MULTIPROCESSING = "pymp-"
"""How multiprocessing's own folders of sockets begin, which a loader's workers need."""

_CHANGES_FILES = frozenset(
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod os.chown os.utime os.setxattr"
    " os.removexattr".split()
)
_STARTS_PROGRAMS = frozenset("subprocess.Popen os.exec os.posix_spawn os.spawn os.system os.forkpty pty.spawn".split())
_SPEAKS = frozenset("socket.connect socket.bind socket.sendto socket.sendmsg".split())
_ASKS_THE_NETWORK = frozenset("socket.getaddrinfo socket.gethostbyname syslog.openlog syslog.syslog".split())

_CLIENTS = frozenset(
    "psycopg psycopg2 psycopg2cffi MySQLdb _mysql_connector mariadb pyodbc oracledb cx_Oracle pymssql ibm_db"
    " uvloop".split()
)
"""Libraries that connect from C code, to sockets in files too: neither Python nor Landlock sees that."""

Said = Callable[[FrameType | None], str]
"""Where a frame is, in the words of the program's user: "prog.py, line 12"."""


class _Guard:
    def __init__(self, folder: Path, where: Said) -> None:
        self.folder = folder
        self.temporary = str(folder / "tmp") + os.sep
        self.where = where
        self.armed = True

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:  # whatever the event has
        if self.armed and (what := self._objection(event, arguments)):
            self.armed = False
            frame: FrameType | None = sys._getframe(1)
            if _is_importing(frame):  # a library's cache of its own: it does without, or has it in the copy's folder
                self.armed = True
                if self._is_temporary(event, arguments):
                    return
                raise PermissionError(f"not in a trial: it would have {what}")
            self._end(what, frame)

    def _objection(self, event: str, arguments: tuple[Any, ...]) -> str:
        if event == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & _WRITING
            return "" if not writes or isinstance(path, int) or self._is_harmless(path) else "writes a file"
        if event in _CHANGES_FILES:
            return "" if self._is_harmless(_full(event, arguments)) else "changes files"
        if event in _STARTS_PROGRAMS:
            return "starts a program"
        if event in _SPEAKS:
            return "" if self._is_workers_socket(*arguments[:2]) else "opens a socket"
        if event == "import" and arguments[0] in _CLIENTS:
            return f"may reach a database by {arguments[0]}"
        if event in _ASKS_THE_NETWORK:
            return "opens a socket"
        if event in ("os.kill", "os.killpg"):
            return "" if _is_own(event, arguments[0]) else "ends other processes"
        return ""

    def _is_harmless(self, path: Any) -> bool:  # text, bytes, a path, or the number of a file that is open already
        if isinstance(path, int):
            return True
        name = os.path.abspath(os.fsdecode(path))
        return name.startswith(_HARMLESS) or name.startswith(self.temporary + _MULTIPROCESSING)

    def _is_temporary(self, event: str, arguments: tuple[Any, ...]) -> bool:
        """A file in the copy's own temporary folder, which is gone with it."""
        if event != "open" and event not in ("os.mkdir", "os.remove", "os.rmdir"):
            return False
        path = _full(event, arguments)
        return not isinstance(path, int) and os.path.abspath(os.fsdecode(path)).startswith(self.temporary)

    def _is_workers_socket(self, owner: Any, address: Any) -> bool:  # a socket, and what its family takes
        if getattr(owner, "family", None) != socket.AF_UNIX:
            return False
        # None: of a socket that is connected already, which was judged then; workers send their tensors so
        return address is None or (isinstance(address, str) and address.startswith(self.temporary))

    def _end(self, what: str, frame: FrameType | None) -> NoReturn:
        said = json.dumps({"what": what, "where": self.where(frame)}).encode()
        file = os.open(self.folder / REFUSED, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(file, said)
        os._exit(ENDED_BY_GUARD)  # no `except` or `finally` of the program's runs: it may write, too


def guard(folder: Path, where: Said) -> Callable[[], None]:
    """Guard this process for the rest of its life; what is returned lets it write into `folder`, once it is done."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    tempfile.tempdir = str(temporary)
    os.environ["TMPDIR"] = str(temporary)
    nvidia = Path("/dev").glob("nvidia*")
    landlock.only_write([folder, Path("/dev/shm"), Path("/dev/null"), *nvidia])
    watching = _Guard(folder, where)
    sys.addaudithook(watching)
    if loaded := sorted(_CLIENTS & sys.modules.keys()):  # in a fork
        watching._end(f"may reach a database by {loaded[0]}", None)

    def release() -> None:
        watching.armed = False

    return release


def let_go_of_inherited() -> str:
    """After a fork: files that are open for writing become open for reading; sockets, pipes and devices lead nowhere.

    Returns why the copy cannot be kept apart from the original, "" where it can.
    """
    if shared := _mapped_for_writing():
        return f"{shared} is mapped into memory for writing"
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in _open_files():
        try:
            mode, flags = os.fstat(file).st_mode, _flags(file)
        except OSError:  # the listing's own
            continue
        if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode) or (stat.S_ISCHR(mode) and not _is_own_device(file)):
            os.dup2(nowhere, file)
        elif stat.S_ISREG(mode) and flags & (os.O_WRONLY | os.O_RDWR):
            _reopen_for_reading(file, nowhere)
    os.close(nowhere)
    return ""


def _is_own_device(file: int) -> bool:
    """Whether what is written to a device reaches no one else."""
    return os.readlink(f"/proc/self/fd/{file}").startswith(_DEVICES)


def _reopen_for_reading(file: int, nowhere: int) -> None:
    place = os.lseek(file, 0, os.SEEK_CUR)
    try:
        again = os.open(f"/proc/self/fd/{file}", os.O_RDONLY)
    except OSError:  # deleted, or not readable
        os.dup2(nowhere, file)
        return
    os.lseek(again, place, os.SEEK_SET)
    os.dup2(again, file)
    os.close(again)


def _open_files() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/fd")]


def _flags(file: int) -> int:
    return fcntl.fcntl(file, fcntl.F_GETFL)


def _mapped_for_writing() -> str:
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            if len(fields) == 6 and fields[1].startswith("rw") and fields[1].endswith("s"):
                name = fields[5].strip()
                if name.startswith("/") and not name.startswith(("/dev/zero", "/dev/nvidia", "/dev/shm/sem.")):
                    return name
    return ""


def _full(event: str, arguments: tuple[Any, ...]) -> Any:
    """The path of an event, also where it was given in relation to an open folder, as `shutil.rmtree` does."""
    path, folder = arguments[0], arguments[-1]
    if event in ("os.remove", "os.rmdir", "os.mkdir") and isinstance(folder, int) and folder >= 0:
        return os.path.join(os.readlink(f"/proc/self/fd/{folder}"), os.fsdecode(path))
    return path


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _is_own(event: str, number: int) -> bool:
    """Whether a signal goes to this process or one of its workers, which share its group."""
    try:
        return (number if event == "os.killpg" else os.getpgid(number)) == os.getpgrp()
    except OSError:  # gone: the signal reaches no one
        return True
