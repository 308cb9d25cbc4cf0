"""A profile of a whole program, in a process of its own: what `ds profile` does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from ds_notebook.errors import UsageError
from ds_notebook.options import to_builtins
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.judge import judged
from ds_notebook.profile.stored import SOURCES, profile_of
from ds_notebook.record import Record
from ds_notebook.record.run import Run

_WITH_VALUE = ("-X", "-W", "--check-hash-based-pycs")
"""Options of Python that take the next word."""


class Ended(NamedTuple):
    """A program that has been profiled: its record and its exit status, as a shell would say it."""

    record: Record
    status: int


def profile_program(words: Sequence[str], config: ProfileConfig, *, stdout: int | None = None) -> Ended:
    """Run `python program.py ...` under the profiler; its output goes to the file `stdout`, or where it would.

    Raises UsageError where the words are no Python program, or that Python has no ds-notebook.
    """
    python, options, program = parted(words)
    told, tell = os.pipe()
    ours = ["-m", "ds_notebook.profile.program", str(tell), json.dumps(to_builtins(config))]
    with _interrupts_are_the_programs():
        try:
            child = subprocess.Popen([python, *options, *ours, *program], pass_fds=[tell], stdout=stdout)
        except OSError as error:
            os.close(told)
            raise UsageError(f"{python} could not be started: {error.strerror}.") from None
        finally:
            os.close(tell)
        with open(told) as pipe:
            path = pipe.read()
        status = child.wait()
    if not path:
        raise UsageError(f"{' '.join(words)} was not profiled: {python} has no ds-notebook, or no such program.")
    record = Record(Path(path))
    if record.ended is None:  # killed before it could judge itself
        _judge_what_is_left(record)
    return Ended(record, status if status >= 0 else 128 - status)


def parted(words: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """Which Python, the options for it, and the program with its arguments; raises UsageError for what is none.

    A bare `python` is the one that runs `ds`, and `program.py` alone is run by it.
    """
    first, *rest = words
    if first.endswith(".py"):
        return sys.executable, [], list(words)
    name = os.path.basename(first)
    if not name.startswith(("python", "pypy")):
        raise UsageError(f"{first!r} is not Python. Profile a Python program: ds profile -- python program.py")
    python = sys.executable if first in ("python", "python3") else first
    options: list[str] = []
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
        options += [rest.pop(0) for _ in range(2 if rest[0] in _WITH_VALUE else 1)]
    if not rest:
        raise UsageError("There is no program after python. Name one: ds profile -- python program.py")
    if rest[0] not in ("-m", "-c") and not os.path.exists(rest[0]):
        raise UsageError(f"There is no file {rest[0]!r} to profile.")
    return python, options, rest


@contextmanager
def _interrupts_are_the_programs() -> Iterator[None]:
    """Ctrl-C reaches the program too, which decides what it means; not by SIG_IGN, which a child inherits."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _judge_what_is_left(record: Record) -> None:
    run = Run(record.path, None)
    frames = (frame for stack in profile_of(record).stacks for frame in stack.frames)
    sources = Places.of_frames(frame.place for frame in frames).sources()
    run.save_blob("sources.json", msgspec.json.encode(sources), kind=SOURCES)
    for finding in judged(profile_of(record)):
        run.emit(finding)
    run.end()
