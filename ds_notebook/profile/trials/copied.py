"""What happens in the copy: it is guarded, the remedy applied, the program timed, its names written down."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

import msgspec

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.found import Found
from ds_notebook.profile.program import wait_for_threads
from ds_notebook.profile.trials import values
from ds_notebook.profile.trials.altered import altered
from ds_notebook.profile.trials.ended import end_with_parent
from ds_notebook.profile.trials.guard import guard
from ds_notebook.profile.trials.loading import loading_timed
from ds_notebook.profile.trials.remedies import remedies
from ds_notebook.profile.trials.remedy import CannotTry

ANSWER = "answer.json"
"""In the copy's folder, beside the values."""
_MOST_PRINTED = 200_000
_MOST_LINES = 2000
NUM_LINES = "number of lines that it prints"


class Change(msgspec.Struct):
    """What a copy does differently: nothing for a baseline."""

    code: str = ""
    """Of the remedy."""
    found: Found | None = None
    place: str = ""
    """Whose source is replaced; "" where none is."""
    source: str = ""


class Task(msgspec.Struct):
    """What a copy is told."""

    change: Change
    folder: str
    libraries: list[str] = []
    """To import first, since the remedy brings them along."""
    patched: list[str] = []
    """To import first, since the remedy patches them; the program would have imported them itself."""


class Answer(msgspec.Struct):
    """What a copy says at its end."""

    seconds: float = 0.0
    """That it ran, the loading of libraries apart."""
    error: str = ""
    """It ended with an error: "ValueError: ... (prog.py, line 3)"."""
    cannot: str = ""
    """The remedy could not be applied."""
    unknown: list[str] = []
    """Names of kinds that are not compared."""


def run_copy(task: Task, run: Callable[[], object], results: Callable[[], Mapping[str, object]]) -> NoReturn:
    """Run the program in this process, which ends with it; `results` gives its names afterwards.

    Nothing of the program's runs afterwards, neither `atexit` nor destructors.
    """
    answer, status = Answer(), 0
    try:
        end_with_parent()
        places = Places("<string>")
        sys.dont_write_bytecode = True
        release = guard(Path(task.folder), lambda frame: _where(places, frame))
        answer, printed = _timed(task, run, places)
        known, answer.unknown = values.plain_names(results())
        release()
        values.save(Path(task.folder), known | _as_values(printed))
    except BaseException:
        answer.error, status = traceback.format_exc(), 1
    finally:
        (Path(task.folder) / ANSWER).write_bytes(msgspec.json.encode(answer))
        os._exit(status)


def cannot(task: Task, reason: str) -> NoReturn:
    """End this process without running anything, and say why."""
    (Path(task.folder) / ANSWER).write_bytes(msgspec.json.encode(Answer(cannot=reason)))
    os._exit(0)


def _timed(task: Task, run: Callable[[], object], places: Places) -> tuple[Answer, list[str]]:
    answer = Answer()
    with _printing() as printed:
        _import(task.libraries)
        _import(task.patched)
        began, loading_s = time.perf_counter(), 0.0
        try:
            with _change(task.change), loading_timed(places) as loading:
                began = time.perf_counter()
                try:
                    run()
                    wait_for_threads()
                finally:
                    loading_s = loading.seconds
        except CannotTry as reason:
            answer.cannot = str(reason)
        except SystemExit as end:
            answer.error = f"it ended with status {end.code}" if end.code else ""
        except BaseException as error:  # the program's own, whatever it is
            answer.error = _in_words(error) + _raised_in(places, error.__traceback__)
        answer.seconds = time.perf_counter() - began - loading_s
    return answer, printed.lines()


def _import(names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):  # the program or the remedy will say so itself
            import_module(name)


@contextmanager
def _change(change: Change) -> Iterator[None]:
    with ExitStack() as until_the_end:
        if change.place:
            until_the_end.enter_context(altered(change.place, change.source))
        if change.code:
            assert change.found is not None
            until_the_end.enter_context(remedies()[change.code].applied(change.found))
        yield


class _Printed:
    """Takes the place of stdout: keeps the beginning of what is printed."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0

    def write(self, text: str) -> int:
        if self._length < _MOST_PRINTED:
            self._parts.append(text)
            self._length += len(text)
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return 1

    def lines(self) -> list[str]:
        return "".join(self._parts)[:_MOST_PRINTED].splitlines()[:_MOST_LINES]


def _as_values(printed: list[str]) -> dict[str, values.Plain | values.Array]:
    """Line by line, so that one with the time in it does not hide the others."""
    lines = {f"line {number} that it prints": values.plain(line) for number, line in enumerate(printed, 1)}
    return {NUM_LINES: values.plain(len(printed)), **lines} if printed else {}


@contextmanager
def _printing() -> Iterator[_Printed]:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for file in (0, 1, 2):
        os.dup2(nowhere, file)
    os.close(nowhere)
    printed = _Printed()
    sys.stdout = printed
    sys.stderr, sys.stdin = open(os.devnull, "w"), open(os.devnull)  # noqa: SIM115  # until the process ends
    yield printed


def _where(places: Places, frame: FrameType | None) -> str:
    """The innermost of the user's lines: "prog.py, line 12"."""
    site = Frame.parse(places.site(frame))
    return site._replace(place=os.path.basename(site.place)).where if site.place else ""


_REFUSED = {errno.EBADF, errno.EACCES, errno.EPERM, errno.EROFS}
"""By the guard: libraries write from C code, or into files that were open before."""


def _in_words(error: BaseException) -> str:
    if type(error).__module__.startswith("numba"):
        return "numba cannot compile it"  # its own words fill pages
    if isinstance(error, OSError) and error.errno in _REFUSED:
        return f"it does what a copy may not: {error}"
    return f"{type(error).__name__}: {error}"[:200]


def _raised_in(places: Places, trace: TracebackType | None) -> str:
    """The innermost of the user's lines that an error came through: " (prog.py, line 3)"."""
    found = ""
    while trace is not None:
        if places.is_users(trace.tb_frame.f_code):
            name = os.path.basename(places.of(trace.tb_frame.f_code.co_filename).name)
            found = f" ({name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
