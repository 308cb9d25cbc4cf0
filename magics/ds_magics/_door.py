"""The door that every magic is: the line becomes options, the body runs as the user's own code."""

from __future__ import annotations

import ast
import os
import shlex
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

import ds_notebook
from ds_notebook.errors import DsError, UsageError


def words(line: str) -> list[str]:
    """A magic's line as a shell would part it; raises UsageError for a quote that is not closed."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"The line of the magic could not be read: {error}. Close the quote.") from None


def cell_number(shell: InteractiveShell) -> int:
    """The number of the cell that is running, as its user sees it.

    By the file that the cell was compiled as: whether the shell's own count has gone on already differs by version.
    """
    numbers: Mapping[str, int] = getattr(shell.compile, "_filename_map", {})
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if (number := numbers.get(frame.f_code.co_filename)) is not None:
            return number
        frame = frame.f_back
    return shell.execution_count


def run_body(shell: InteractiveShell, body: str) -> None:
    """Run a cell magic's body in the notebook's namespace; its lines are numbered as the user sees the cell."""
    source = body_source(shell, body)
    name = shell.compile.cache(source, cell_number(shell))
    compiled: Any = shell.compile  # typed for text alone; by the shell's, as ours would bring our `__future__` along
    with _users_traceback(shell):
        exec(compiled(ast.parse(source, name), name, "exec"), shell.user_ns)


def body_source(shell: InteractiveShell, body: str) -> str:
    """A cell magic's body as Python; the magic's own line is line 1."""
    source: str = shell.transform_cell(body)
    return "\n" + source


@contextmanager
def _users_traceback(shell: InteractiveShell) -> Iterator[None]:
    try:
        yield
    except DsError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        cut_traceback(shell, error)
        raise


def cut_traceback(shell: InteractiveShell, error: BaseException) -> None:
    """Have the notebook show only the frames of the user's own code: what lies between is ours or a library's."""
    users = [(frame, lasti, line) for frame, lasti, line in _frames(error) if _is_users(frame.f_code.co_filename)]
    kept: TracebackType | None = None
    for frame, lasti, line in reversed(users):
        kept = TracebackType(kept, frame, lasti, line)
    if kept is None:
        return

    def render() -> list[str]:
        shown: list[str] = shell.InteractiveTB.structured_traceback(type(error), error, kept)
        return shown

    error._render_traceback_ = render  # type: ignore[attr-defined]  # IPython looks for this name on the exception


def _frames(error: BaseException) -> Iterator[tuple[Any, int, int]]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno
        traceback = traceback.tb_next


_LIBRARIES = tuple(
    f"{folder}/"
    for folder in (
        *site.getsitepackages(),
        sysconfig.get_path("stdlib"),
        *map(os.path.dirname, (ds_notebook.__file__, __file__)),
    )
)


def _is_users(filename: str) -> bool:
    return not filename.startswith((*_LIBRARIES, "<frozen"))


def complete(options: Sequence[str], line: str) -> list[str]:
    """The options that a Tab offers: those that are not on the line yet."""
    given = set(line.split()[1:-1])
    return [option for option in options if option not in given]
