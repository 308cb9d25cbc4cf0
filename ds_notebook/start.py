"""Starting a run: its folder, what this host is, and a sample of its usage once a second."""

from __future__ import annotations

import math
import os
import platform
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from ds_notebook import __version__
from ds_notebook.errors import UsageError
from ds_notebook.host import UsageSampler, facts
from ds_notebook.record import Record
from ds_notebook.record.events import Decision, RunStarted
from ds_notebook.record.journal import write_apart
from ds_notebook.record.mask import masked
from ds_notebook.record.run import Run
from ds_notebook.record.state import this_boot
from ds_notebook.record.where import new_run_folder_or_fallback

JOB_FOLDER = "DS_NOTEBOOK_JOB"
"""Set by the scheduler for what it starts: the folder of the job's own run, which is told of each run in it."""
ATTEMPT = "DS_NOTEBOOK_ATTEMPT"
"""Set beside it: 1 for the first time a job runs, 2 for the second ..."""

announce: list[Callable[[Run], None]] = []
"""Called with each run that this process starts: how the notebook extension comes to show it."""


def start_run(
    name: str = "run",
    *,
    kind: str = "loop",
    config: Mapping[str, Any] | None = None,
    parent: str | None = None,
    tags: Sequence[str] = (),
    notes: str = "",
    total_steps: int | None = None,
) -> Run:
    """Start the record of your own loop; the door for every trainer that is not ours.

    `config` is kept as JSON, what JSON cannot hold as its text; what looks like a secret in it is masked. `total_steps`
    lets the view say how long is left. A runs folder that cannot be written is replaced by one
    in the temporary folder, with a warning.
    """
    if config is not None and not isinstance(config, Mapping):
        raise UsageError(
            f"config takes a dict, got a {type(config).__name__}. Use vars(config) or dataclasses.asdict(config)."
        )
    folder, fallback_reason = new_run_folder_or_fallback()
    if fallback_reason:
        warnings.warn(fallback_reason, stacklevel=2)
    run = _produced(
        folder,
        kind=kind,
        name=name,
        parent=parent or this_job(),
        config=masked(dict(config or {})),
        tags=list(tags),
        notes=notes,
        total_steps=total_steps,
    )
    if fallback_reason:
        run.note(fallback_reason, "warning")
    return run


def this_job() -> str | None:
    """The id of the scheduler's job that this process is part of; None where it is part of none."""
    return Path(os.environ.get(JOB_FOLDER, "")).name or None


def is_retry() -> bool:
    """Whether this is a job's second or later attempt: what an earlier one saved is to be gone on with."""
    return os.environ.get(ATTEMPT, "1") != "1"


def continue_run(
    record: Record,
    first_step: int,
    *,
    config: Mapping[str, Any],
    tags: Sequence[str] = (),
    notes: str = "",
    total_steps: int | None,
) -> Run:
    """Go on with a run that has ended, or whose process is gone: what it recorded from `first_step` on is superseded.

    It keeps its tags and gets `tags` besides; `notes` replace its own. Raises RecordError while another process writes
    it.
    """
    before = record.started
    if before is None:
        raise UsageError(f"Run {record.id} was never started, so it cannot go on.")
    latest = max(event.at for event in record.events())
    return _produced(
        record.path,
        at=max(time.time(), math.nextafter(latest, math.inf)),  # this clock may be behind that of the host before
        kind=before.kind,
        name=before.name,
        parent=before.parent,
        config=masked(dict(config)),
        tags=list(dict.fromkeys([*before.tags, *tags])),
        notes=notes or before.notes,
        total_steps=total_steps,
        first_step=first_step,
    )


def _produced(folder: Path, **what: Any) -> Run:
    """This process as the producer of the run in `folder`, announced to whoever shows runs."""
    run = Run(
        folder,
        RunStarted(
            host=platform.node(),
            boot_id=this_boot(),
            pid=os.getpid(),
            process_started=psutil.Process().create_time(),
            host_facts=facts().asdict(),
            version=__version__,
            **what,
        ),
        UsageSampler().sample,
    )
    _tell_job(run)
    for show in announce:
        show(run)
    return run


def _tell_job(run: Run) -> None:
    """The scheduler steers a job by the runs in it: each says in the job's record where it is."""
    job = os.environ.get(JOB_FOLDER)
    if not job:
        return
    said = Decision(
        policy="child-run", subject=run.id, verdict="started", evidence={"path": str(run.path), "pid": os.getpid()}
    )
    try:
        write_apart(Path(job), [said])
    except OSError as error:
        run.note(
            f"The scheduler does not know of this run, as {job} could not be written: {error.strerror}.", "warning"
        )
