"""`ds schedule submit|start|stop|status`: queue notebooks and commands, and the process that serves the queue."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.errors import UsageError
from ds_notebook.options import OptionParser, add_options, given_options
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.config import SchedulerConfig
from ds_notebook.schedule.submitted import EXAMPLE, add_submit_options, jobs_asked, split_command

_ACTIONS = {
    "submit": "queue a notebook, with parameters, or a command behind --",
    "start": "have the queue served; the first submit does it, too",
    "stop": "end the scheduler; what runs goes on, and the next start takes it over",
    "status": "whether a scheduler runs, and how many jobs there are",
}


class Actions(Command):
    """Each action has options of its own, and what stands behind `--` is the user's, a `--help` there too."""

    def main(self, name: str, what: str, words: Sequence[str]) -> int:
        """Run an action of the line; returns the exit status."""
        options, command = split_command(words)
        action, *options = options or [""]
        if action in ("-h", "--help"):
            print(self._overview(name, what))
            return 0
        if action not in _ACTIONS:
            raise UsageError(f"Action {action!r} is not known. Choose {', '.join(_ACTIONS)}.")
        parser = self.parser_of(name, action)
        if "-h" in options or "--help" in options:
            print(parser.format_help())
            return 0
        found = parser.parse_args(options)
        found.command = command
        return _PARTS[action][1](found)

    def parser_of(self, name: str, action: str) -> OptionParser:
        """The options of one action."""
        program = f"ds {name} {action}"
        parser = OptionParser(
            prog=program,
            description=_ACTIONS[action].capitalize() + ".",
            epilog=f"example: {program} {EXAMPLE if action == 'submit' else ''}".rstrip(),
            help_command=f"{program} --help",
        )
        _PARTS[action][0](parser)
        add_json(parser)
        return parser

    def _overview(self, name: str, what: str) -> str:
        lines = [f"  {action:8s} {does}" for action, does in _ACTIONS.items()]
        return "\n".join(
            [f"usage: ds {name} ACTION [options]", "", what, "", *lines, "", f"example: {self.example}"],
        )


def _submit(asked: argparse.Namespace) -> int:
    specs = jobs_asked(vars(asked), asked.command)
    ids = Schedule().submit(*specs)
    if asked.json:
        print_json({"id": ids[0], "ids": ids})
    else:
        print("\n".join(ids))
    return 0


def _start(asked: argparse.Namespace) -> int:
    schedule = Schedule()
    started = schedule.start_as(**given_options(SchedulerConfig, asked))
    return _say(schedule, asked, "started" if started else "ran already")


def _stop(asked: argparse.Namespace) -> int:
    schedule = Schedule()
    stopped = schedule.stop(jobs=asked.jobs)
    return _say(schedule, asked, "stopped" if stopped else "did not run")


def _status(asked: argparse.Namespace) -> int:
    schedule = Schedule()
    return _say(schedule, asked, "runs" if schedule.is_running else "does not run")


def _say(schedule: Schedule, asked: argparse.Namespace, what: str) -> int:
    if asked.json:
        counts: dict[str, int] = {}
        for job in schedule.jobs():
            counts[job.state] = counts.get(job.state, 0) + 1
        state = "running" if schedule.is_running else "stopped"
        print_json({"state": state, "pid": schedule.pid, "folder": str(schedule.folder), "jobs": counts})
    else:
        print(f"The scheduler {what}; its folder is {schedule.folder}.")
    return 0


def _add_stop(parser: OptionParser) -> None:
    parser.add_argument("--jobs", action="store_true", help="cancel all jobs first")


def _add_start(parser: OptionParser) -> None:
    add_options(parser, SchedulerConfig)


_PARTS: dict[str, tuple[Callable[[OptionParser], None], Callable[[argparse.Namespace], int]]] = {
    "submit": (add_submit_options, _submit),
    "start": (_add_start, _start),
    "stop": (_add_stop, _stop),
    "status": (lambda parser: None, _status),
}

COMMAND = Actions(run=_status, add=lambda parser: None, example=f"ds schedule submit {EXAMPLE}")
