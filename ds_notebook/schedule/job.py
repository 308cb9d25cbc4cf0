"""What a job is: asked for once, kept as it was asked, and the words for where it stands."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

JobKind = Literal["notebook", "command", "service"]
"""A service runs until it is cancelled, and has a latency to keep."""
JobState = Literal["waiting", "starting", "running", "paused", "stopping", "succeeded", "failed", "cancelled"]
"""Waiting: for its time, for others, for room. Stopping: asked to save and end, to go on later or for good."""
DONE: tuple[JobState, ...] = ("succeeded", "failed", "cancelled")


class JobSpec(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A job as it was submitted; never changed (a new priority is a command of its own)."""

    id: str
    """Chosen by who submits, so that a submit that is repeated submits once."""
    name: str
    kind: JobKind
    command: list[str] = []
    """Program and arguments; of a notebook: the Python that runs it."""
    notebook: str = ""
    """Absolute path of the notebook to run."""
    output: str = ""
    """Absolute path of the notebook with its results."""
    parameters: dict[str, str | int | float | bool | None] = {}
    cwd: str = ""
    env: dict[str, str] = {}
    """Added to the scheduler's environment."""
    cpus: float = 1.0
    """Cores it is promised."""
    max_cpus: float | None = None
    """Cores it can use where there is room; None: as promised."""
    gpus: int = 0
    memory_bytes: int | None = None
    """What it may hold at most; None: not limited, and no room is kept for it."""
    priority: int = 0
    """Higher goes first."""
    deadline: float | None = None
    """Unix seconds by which it should be done."""
    not_before: float | None = None
    """Unix seconds before which it does not start."""
    every: str = ""
    """A time as cron writes it: each time is a job of its own."""
    after: list[str] = []
    """Ids of jobs that must have succeeded."""
    retries: int = 0
    timeout_s: float | None = None
    latency_target_ms: float | None = None
    """A service's 99th percentile is to stay below this."""
    submitted_at: float = 0.0


def wrong_spec(spec: JobSpec) -> str:
    """Why no machine can run the job, as a sentence without its full stop; empty where one may."""
    words = [*spec.command, spec.notebook, spec.output, spec.cwd, *spec.env, *spec.env.values()]
    if wrong := wrong_id(spec.id):
        return wrong
    if not spec.command:
        return f"{spec.id} has no command"
    if any("\0" in word for word in words):
        return f"{spec.id} has a zero byte in its command or environment, and no program can be given one"
    if misnamed := [name for name in spec.env if not name or "=" in name]:
        return f"{misnamed[0]!r} cannot be the name of a variable"
    return ""


def wrong_id(id: str) -> str:
    """Why `id` cannot be a job's, as a sentence without its full stop; empty where it can: it names a folder."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", id):
        return ""
    return f"{id!r} cannot be a job's id: take letters, digits, dots, dashes and underscores, at most 120"
