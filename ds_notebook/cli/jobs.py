"""`ds jobs`: the jobs of the scheduler; `ds jobs cancel ID` ends one, `ds jobs priority ID 5` puts it further ahead."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.errors import UsageError
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.status import JobStatus

_HINT = "No scheduler runs: `ds schedule start` goes on with the queue."


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", nargs="*", metavar="ORDER", help="cancel ID..., or priority ID NUMBER; nothing: list")
    parser.add_argument("--open", action="store_true", help="only those that are not done")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    schedule = Schedule()
    if asked.order:
        return _order(schedule, asked.order, as_json=asked.json)
    jobs = [job for job in schedule.jobs() if not (asked.open and job.is_done)]
    if asked.json:
        print_json({"scheduler": "running" if schedule.is_running else "stopped", "jobs": jobs})
        return 0
    if not jobs:
        print("There is no job. An example: ds schedule submit nightly.ipynb -p lr 0.1")
        return 0
    print(_drawn(jobs, schedule.folder))
    if not schedule.is_running and any(not job.is_done for job in jobs):
        print(_HINT)
    return 0


def _order(schedule: Schedule, order: Sequence[str], *, as_json: bool) -> int:
    word, *rest = order
    if word == "cancel" and rest:
        for job in map(schedule.job, rest):
            if job.is_done:
                print(f"Job {job.id} is done already: {job.state}.", file=sys.stderr)
        schedule.cancel(*rest)
    elif word == "priority" and len(rest) == 2 and _is_whole(rest[1]):
        schedule.set_priority(rest[0], int(rest[1]))
    else:
        raise UsageError(f"Order {' '.join(order)!r} is not known. Write cancel ID..., or priority ID NUMBER.")
    if not schedule.is_running:
        print(_HINT, file=sys.stderr)
    if as_json:
        print_json({"order": word, "ids": rest if word == "cancel" else rest[:1]})
    return 0


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _drawn(jobs: Sequence[JobStatus], folder: Path) -> str:
    from ds_notebook.draw import Scene, Table, text  # a fifth of the time of the command, which a program is spared

    rows: list[list[str | float | int | None]] = [
        [
            job.id,
            job.name,
            job.state,
            "" if job.progress is None else f"{job.progress:.0%}",
            ", ".join(map(str, job.cores)),
            job.reason,
        ]
        for job in jobs
    ]
    table = Table(columns=["id", "name", "state", "done", "cores", "why"], rows=rows)
    return text(Scene(title=f"jobs of {folder}", panels=[table]), width=120)


COMMAND = Command(run=_run, add=_add, example="ds jobs --json; ds jobs cancel nightly-3f2a90c1")
