"""`ds clean`: delete old runs, or jobs of the queue that are done; lists them, and deletes on --yes."""

from __future__ import annotations

import argparse
import shutil
import time

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.errors import RecordError
from ds_notebook.record import Record, runs
from ds_notebook.record.lock import is_held
from ds_notebook.record.state import OVER
from ds_notebook.schedule.forget import forget, forgettable
from ds_notebook.schedule.home import open_home


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--older-than", type=float, default=30.0, metavar="DAYS", help="ended so many days ago (30)")
    parser.add_argument("--queue", action="store_true", help="jobs of the scheduler, not runs of this folder")
    parser.add_argument("--yes", action="store_true", help="really delete them")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    if asked.queue:
        return _clean_queue(asked)
    old = deletable(runs(), older_than_s=asked.older_than * 86400, now=time.time())
    for record in old if asked.yes else ():
        shutil.rmtree(record.path)
    if asked.json:
        print_json({"runs": [record.id for record in old], "deleted": asked.yes})
        return 0
    for record in old:
        print(f"{'deleted' if asked.yes else 'would delete'}  {record!r}")
    if not old:
        print(f"No run ended more than {asked.older_than:g} days ago.")
    elif not asked.yes:
        print(f"{len(old)} run{'s' if len(old) > 1 else ''}: `ds clean --yes` deletes.")
    return 0


def _clean_queue(asked: argparse.Namespace) -> int:
    """With their logs; the scheduler must not serve the queue meanwhile."""
    home, age = open_home(), {"older_than_s": asked.older_than * 86400, "now": time.time()}
    if asked.yes and is_held(home):
        raise RecordError(
            "The scheduler serves its queue: `ds schedule stop` ends it, not its jobs; then clean, and start it again."
        )
    jobs = forget(home, **age) if asked.yes else forgettable(home, **age).jobs
    if asked.json:
        print_json({"jobs": [job.id for job in jobs], "deleted": asked.yes})
        return 0
    for job in jobs:
        print(f"{'deleted' if asked.yes else 'would delete'}  {job.id}: {job.state}")
    if not jobs:
        print(f"No job ended more than {asked.older_than:g} days ago that no other waits for.")
    elif not asked.yes:
        print(
            f"{len(jobs)} job{'s' if len(jobs) > 1 else ''}: `ds clean --queue --yes` deletes, with what they printed."
        )
    return 0


def deletable(records: list[Record], *, older_than_s: float, now: float) -> list[Record]:
    """Runs that are over and old; never one that runs, is the parent of another, or holds a best checkpoint."""
    parents = {started.parent for record in records if (started := record.started)}
    return [
        record
        for record in records
        if record.id not in parents
        and record.state in OVER
        and record.silent_s > older_than_s
        and not any(artifact.kind == "best checkpoint" for artifact in record.artifacts)
    ]


COMMAND = Command(run=_run, add=_add, example="ds clean --older-than 7 --yes")
