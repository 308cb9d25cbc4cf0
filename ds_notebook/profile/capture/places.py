"""Where code lies, in the words of its user: a cell by its number, a file by its path, and which of both are theirs."""

from __future__ import annotations

import itertools
import linecache
import os
import re
import site
import sys
import sysconfig
from collections.abc import Callable, Iterable
from types import CodeType, FrameType
from typing import Literal, NamedTuple, Self

CELL_FILE = re.compile(r"<ipython-input-|[/\\]ipykernel_\d+[/\\]\d+\.py$")
"""Names that IPython gives to the code of cells: in a terminal, in a kernel."""
_PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\]")
_PROFILER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_NOTEBOOK = os.path.dirname(os.path.dirname(_PROFILER)) + os.sep
_MAGICS = os.sep + os.path.join("ds_magics", "")
_LAUNCHERS = (
    "threading.py",
    "runpy.py",
    "<frozen runpy>",
    os.path.join("multiprocessing", "process.py"),
    os.path.join("multiprocessing", "popen_fork.py"),
    os.path.join("multiprocessing", "spawn.py"),
)
"""Files whose code only starts other code."""
_STANDARD = tuple(
    {os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")}
    | {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")}
)
_CELL_MAGIC = "get_ipython().run_cell_magic("
"""What IPython makes of a cell that begins with a magic: no line of the user's, who would have it run anew."""


class Place(NamedTuple):
    """A file or a cell, and whose it is: a launcher is a part of Python that only starts other code."""

    name: str
    whose: Literal["users", "library", "launcher", "ours"]


class Places:
    """Names of code objects' files, asked once each.

    To be asked while the kernel lives: only it knows which file name was which cell.
    """

    def __init__(self, own: str = "") -> None:
        """`own` is a name without a file that is the user's all the same, such as the "<string>" of `-c`."""
        self._own = own
        self._known: dict[str, Place] = {}
        self._users_codes: dict[int, tuple[CodeType, bool]] = {}
        self._folder = os.getcwd() + os.sep
        # beside Python lie the scripts that start a library's own commands
        libraries = (*site.getsitepackages(), site.getusersitepackages(), os.path.dirname(sys.executable))
        self._libraries = tuple(folder + os.sep for folder in libraries)

    @classmethod
    def of_frames(cls, filenames: Iterable[str]) -> Self:
        """Those that a record names which could not keep its sources: files are looked up as they are now."""
        places = cls()
        for filename in filenames:
            places.of(filename)
        return places

    def of(self, filename: str) -> Place:
        """The place of a code object's `co_filename`."""
        place = self._known.get(filename)
        if place is None:
            place = self._known[filename] = self.look_up(filename)
        return place

    def look_up(self, filename: str) -> Place:
        """As `of`, for a file whose source need not be kept."""
        if CELL_FILE.search(filename):
            number = _cell_numbers().get(filename)
            return Place("<cell>" if number is None else f"cell {number}", "users")
        if filename == self._own:
            return Place(filename, "users")
        if filename.startswith("<"):  # compiled from a string somewhere: it has no source to show
            return Place(filename, "launcher" if filename in _LAUNCHERS else "library")
        path = filename if filename.startswith(os.sep) else os.path.abspath(filename)
        name = path.removeprefix(self._folder)
        if path.startswith(_PROFILER) or _MAGICS in path:
            return Place(name, "ours")
        if path.endswith(_LAUNCHERS):
            return Place(name, "launcher")
        library = bool(_PACKAGES.search(path)) or path.startswith((*self._libraries, *_STANDARD, _NOTEBOOK))
        return Place(name, "library" if library else "users")

    def text(self, code: CodeType, line: int | None) -> str:
        """A frame as the record has it: `function (place:line)`."""
        return f"{code.co_qualname} ({self.of(code.co_filename).name}:{line or code.co_firstlineno})"

    def site(self, frame: FrameType | None) -> str:
        """The text of the innermost of the user's frames at or above `frame`; empty if there is none."""
        users = self.users_frame(frame)
        return self.text(users.f_code, users.f_lineno) if users else ""

    def users_frame(self, frame: FrameType | None) -> FrameType | None:
        """The innermost of the user's frames at or above `frame`."""
        while frame is not None and not self.is_users(frame.f_code):
            frame = frame.f_back
        return frame

    def is_users(self, code: CodeType) -> bool:
        """Whether the user wrote this code; a dict's look-up after the first time."""
        known = self._users_codes.get(id(code))
        if known is None:
            # the code is kept, so that its id stays its own
            known = self._users_codes[id(code)] = (code, self.of(code.co_filename).whose == "users")
        return known[1]

    def sources(self) -> dict[str, list[str]]:
        """The lines of each of the user's places met so far."""
        found: dict[str, list[str]] = {}
        for filename, place in list(self._known.items()):
            if place.whose == "users":
                lines = [line.rstrip("\r\n") for line in linecache.getlines(filename)]
                if not lines[:1] or not lines[0].startswith(_CELL_MAGIC):
                    found[place.name] = _both(found.get(place.name, []), lines)
        return found


def _both(lines: list[str], others: list[str]) -> list[str]:
    """A cell and what a magic of it ran are two files with one numbering: the magic's lines have the code proper."""
    few, many = sorted((lines, others), key=lambda each: sum(map(bool, each)))
    return [new or old for new, old in itertools.zip_longest(few, many, fillvalue="")]


def _cell_numbers() -> dict[str, int]:
    """Which file name was which cell; private to IPython, so nothing is taken for granted."""
    get_ipython: Callable[[], object] | None = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", None)
    return numbers if isinstance(numbers, dict) else {}
