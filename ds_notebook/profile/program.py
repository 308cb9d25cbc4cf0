"""`python -m ds_notebook.profile.program REPLY CONFIG PROGRAM...`: runs a program as Python would, and profiles it.

REPLY is the number of a pipe that is told the record's folder, CONFIG the options as JSON. `ds profile` starts this.
"""

from __future__ import annotations

import builtins
import functools
import io
import json
import os
import runpy
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import NamedTuple

from ds_notebook.options import from_builtins
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.session import session

FROM_COMMAND = "<string>"
"""What Python calls the code of `-c`."""
LONGEST_NAME = 60
_POOLS = (
    ("concurrent.futures.thread", "_threads_queues"),
    ("concurrent.futures.process", "_threads_wakeups"),
    ("joblib.externals.loky.process_executor", "_threads_wakeups"),
)
"""Where pools keep their threads, which wait for work until they are told that Python ends."""


class Program(NamedTuple):
    """What `run` executes sees these arguments, and finds its modules from this folder."""

    run: Callable[[], object]
    name: str
    arguments: list[str]
    folder: str


def main() -> None:
    """Run what the arguments name; ends as it does."""
    reply, config, *words = sys.argv[1:]
    program = program_of(words)
    sys.argv = program.arguments
    if not sys.flags.safe_path:  # -P and -I: no folder but those that Python knows
        sys.path[0] = program.folder
    try:
        options = from_builtins(ProfileConfig, json.loads(config))
        with session(options, program.name, base=sys._getframe(), own=FROM_COMMAND) as run:
            with open(int(reply), "w") as pipe:
                pipe.write(str(run.path))
            for left in reversed(range(options.repeat)):
                with _ended_well(unless_last=left == 0):
                    program.run()
                wait_for_threads()
    except SystemExit:
        raise
    except BaseException as error:
        sys.excepthook(type(error), error.with_traceback(_below_ours(error.__traceback__)), error.__traceback__)
        sys.exit(130 if isinstance(error, KeyboardInterrupt) else 1)


@contextmanager
def _ended_well(*, unless_last: bool) -> Iterator[None]:
    """`sys.exit()` without an error ends a run, and the program only where it is the last."""
    try:
        yield
    except SystemExit as end:
        if end.code or unless_last:
            raise


def program_of(words: list[str]) -> Program:
    """What Python would do with these words; those before the program have been given to Python itself."""
    run: Callable[[], object]
    match words:
        case ["-m", name, *arguments]:
            run = functools.partial(_run_module, name)
            return Program(run, name, [name, *arguments], os.getcwd())
        case ["-c", code, *arguments]:
            run = functools.partial(_run_as_main, code, FROM_COMMAND)
            return Program(run, f"-c {code}"[:LONGEST_NAME], ["-c", *arguments], "")
        case [path, *_] if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
            run = functools.partial(runpy.run_path, path, run_name="__main__")
            return Program(run, os.path.basename(path), words, path)
        case _:
            path = words[0]
            folder, name = os.path.split(os.path.realpath(path))
            return Program(functools.partial(_run_file, path), name, words, folder)


def _run_file(path: str) -> None:
    with io.open_code(path) as file:
        source = file.read()
    _run_as_main(source, os.path.abspath(path))  # as Python names it: the program may leave this folder


def _run_module(name: str) -> None:
    """As `python -m` does it; `runpy.run_module` would take `__main__` away at the end, too."""
    _become_main(ModuleType("__main__"))
    runpy._run_module_as_main(name)  # type: ignore[attr-defined]  # what Python itself calls for `-m`


def _run_as_main(source: str | bytes, filename: str) -> None:
    """Not `runpy.run_path`, which takes the module away at the end: threads and `atexit` may still need it."""
    main = ModuleType("__main__")
    names = vars(main)
    names["__builtins__"] = builtins
    if filename != FROM_COMMAND:
        names |= {"__file__": filename, "__cached__": None, "__loader__": SourceFileLoader("__main__", filename)}
    _become_main(main)
    exec(compile(source, filename, "exec", dont_inherit=True), names)


def _become_main(main: ModuleType) -> None:
    """Under its second name, too, by which multiprocessing's spawned processes call it."""
    sys.modules["__main__"] = sys.modules["__mp_main__"] = main


def wait_for_threads() -> None:
    """As Python does at a program's end, but for those that a pool keeps: Python ends them when it ends itself."""
    kept = {thread for module, name in _POOLS for thread in getattr(sys.modules.get(module), name, ())}
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread() and thread not in kept:
            thread.join()


def _below_ours(traceback: TracebackType | None) -> TracebackType | None:
    """The part of a traceback that Python alone would have shown."""
    ours = {__file__, runpy.__file__, "<frozen runpy>"}
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    return traceback


if __name__ == "__main__":
    main()
