"""The command line: `ds COMMAND`. Each command is a file of its own, loaded when it is asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from ds_notebook import __version__
from ds_notebook.cli._door import Command
from ds_notebook.errors import DsError, UsageError

COMMANDS = {
    "doctor": "what this machine has, and what each missing thing costs",
    "demo": "train on handwritten digits here in the terminal",
    "train": "train what a Python file sets up: ds train FILE.py:setup",
    "profile": "where a program's time goes, why, and what would help",
    "schedule": "queue notebooks and commands, and the process that serves the queue",
    "jobs": "where each job of the scheduler stands, and why; cancel and priority",
    "runs": "the runs of a folder, newest first",
    "show": "a run's view as text, or as a page",
    "logs": "what happened in a run, errors first",
    "compare": "which of two or more runs is better, and in what they differ",
    "gate": "check conditions on a run's metrics",
    "send": "tell a run to pause, resume, stop, save or set a value",
    "export": "a run as a file of TensorBoard, MLflow, a trace viewer or a table",
    "clean": "delete old runs: lists first",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 where a gate or job failed, or 2 where it was asked wrongly."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if words[0] == "--version":
        print(f"ds-notebook {__version__}")
        return 0
    try:
        return _run(words[0], words[1:])
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except DsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `ds logs RUN | head`: the reader has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(name: str, words: list[str]) -> int:
    if name not in COMMANDS:
        raise UsageError(f"Command {name!r} is not known. Choose {', '.join(COMMANDS)}.")
    command: Command = import_module(f"ds_notebook.cli.{name}").COMMAND
    return command.main(name, COMMANDS[name], words)


def _overview() -> str:
    lines = [f"  {name:8s} {what}" for name, what in COMMANDS.items()]
    return "\n".join(
        ["usage: ds COMMAND [options]", "", *lines, "", "`ds COMMAND --help` shows options and an example."]
    )
