"""Where a job stands: what `ds jobs --json` prints of each."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ds_notebook.schedule.home import job_folder
from ds_notebook.schedule.job import DONE, JobSpec, JobState


class JobStatus(msgspec.Struct, kw_only=True, frozen=True):
    """Where a job stands, as the record tells it."""

    id: str
    name: str
    state: JobState
    reason: str = ""
    after: list[str] = []
    kind: str = "command"
    priority: int = 0
    attempt: int = 0
    """Number of the attempt that runs, or was the last; 0: none yet."""
    retries: int = 0
    progress: float | None = None
    """Share of its work that is done, where it says so."""
    cores: list[int] = []
    gpus: list[int] = []
    command: list[str] = []
    notebook: str = ""
    output: str = ""
    """The notebook with its results, written as it goes."""
    parameters: dict[str, str | int | float | bool | None] = {}
    every: str = ""
    """Of a job that comes again: when, as cron writes it. Each time is a job of its own."""
    next_at: float | None = None
    """Of a job that comes again: Unix seconds of its next time."""
    submitted_at: float = 0.0
    folder: str = ""
    """Its record, with what it printed."""

    @property
    def is_done(self) -> bool:
        return self.state in DONE


def from_spec(home: Path, spec: JobSpec) -> JobStatus:
    """A job as it was asked for; `home` is the scheduler's folder."""
    return JobStatus(
        id=spec.id,
        name=spec.name or spec.id,
        state="waiting",
        after=spec.after,
        kind=spec.kind,
        priority=spec.priority,
        retries=spec.retries,
        command=[] if spec.notebook else spec.command,
        notebook=spec.notebook,
        output=spec.output,
        parameters=spec.parameters,
        every=spec.every,
        submitted_at=spec.submitted_at,
        folder=str(job_folder(home, spec.id)),
    )


def asked(home: Path, spec: JobSpec) -> JobStatus:
    """A job that the scheduler has not seen yet."""
    return msgspec.structs.replace(from_spec(home, spec), reason="waits for the scheduler")
