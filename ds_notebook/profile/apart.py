"""A profile of a whole program, in a process of its own: what `ds profile` does."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import msgspec

from ds_notebook.errors import UsageError
from ds_notebook.options import to_builtins
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.judge import judge
from ds_notebook.profile.stored import SOURCES, profile_of
from ds_notebook.record import Record
from ds_notebook.record.run import Run

_SHORT_OPTIONS = re.compile(r"(?P<flags>-[A-Za-z]*?)(?P<last>[mcXW])(?P<value>.*)", re.DOTALL)
"""The first of `last` takes the rest of the word, or the next word; `-m` and `-c` begin the program."""
_ORDERS_TO_END = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_LONG_WITH_VALUE = "--check-hash-based-pycs"


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
    with _signals_are_the_programs() as started:
        try:
            child = subprocess.Popen([python, *options, *ours, *program], pass_fds=[tell], stdout=stdout)
        except OSError as error:
            os.close(told)
            raise UsageError(f"{python} could not be started: {error.strerror}.") from None
        finally:
            os.close(tell)
        started.append(child)
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
    options, program = _without_options(rest)
    if not program or program in (["-m"], ["-c"]):
        raise UsageError("There is no program after python. Name one: ds profile -- python program.py")
    if program[0] not in ("-m", "-c") and not os.path.exists(program[0]):
        raise UsageError(f"There is no file {program[0]!r} to profile.")
    return python, options, program


def _without_options(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options of Python itself, and the program: `-um name` is `-u` and `-m name`."""
    options, rest = [], list(words)
    while rest and len(rest[0]) > 1 and rest[0].startswith("-"):
        word = rest.pop(0)
        short = _SHORT_OPTIONS.fullmatch(word)
        if short and short["last"] in "mc":
            options += [short["flags"]] if len(short["flags"]) > 1 else []
            return options, [f"-{short['last']}", *filter(None, [short["value"]]), *rest]
        options.append(word)
        if rest and (word == _LONG_WITH_VALUE or (short and not short["value"])):
            options.append(rest.pop(0))
    return options, rest


@contextmanager
def _signals_are_the_programs() -> Iterator[list[subprocess.Popen[bytes]]]:
    """The program decides what Ctrl-C means, and an order to end: it reaches what is in the list that this gives."""
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        for child in started:
            child.send_signal(number)

    # Ctrl-C reaches the program by itself; not by SIG_IGN, which a child inherits
    before = {signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None)}
    before |= {number: signal.signal(number, pass_on) for number in _ORDERS_TO_END}
    try:
        yield started
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _judge_what_is_left(record: Record) -> None:
    run = Run(record.path, None)
    frames = (frame for stack in profile_of(record).stacks for frame in stack.frames)
    sources = Places.of_frames(frame.place for frame in frames).sources()
    run.save_blob("sources.json", msgspec.json.encode(sources), kind=SOURCES)
    judge(run)
    run.end()
