"""The options of a scheduler and of a submit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from ds_notebook.errors import UsageError
from ds_notebook.options import from_builtins, settle

PolicyName = Literal["qos", "fifo", "priority", "shortest_remaining", "least_attained"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SchedulerConfig:
    """How the scheduler of this user and machine decides. Without options it goes on as it was started before."""

    policy: PolicyName = "qos"
    """Who goes first: qos keeps latency targets first, then priorities; the others are what their names say."""
    grace_s: float = 10.0
    """Seconds that a job has to end when it is asked to, before it is killed."""
    idle_s: float = 600.0
    """Seconds without any job after which the scheduler ends by itself; the next submit starts it again."""

    def __post_init__(self) -> None:
        settle(self)
        if not (0 <= self.grace_s < math.inf and 0 <= self.idle_s < math.inf):
            raise UsageError("grace_s and idle_s are seconds and must be finite and 0 or more.")


def config_of(record: Mapping[str, Any]) -> SchedulerConfig:
    """From what a record holds of it: another version may have had other options."""
    known = {field.name for field in fields(SchedulerConfig)}
    return from_builtins(SchedulerConfig, {name: value for name, value in record.items() if name in known})


@dataclass(frozen=True, kw_only=True, slots=True)
class SubmitConfig:
    """Queue a notebook, with parameters, or a command: it starts when there is room, and outlives this terminal."""

    name: str = ""
    """What views call it; otherwise the notebook's or the program's name."""
    cpus: float = 1.0
    """Cores it is promised; less than 1 shares one."""
    max_cpus: float | None = None
    """Cores it can use where there is room."""
    gpus: int = 0
    """GPUs it gets to itself; others are hidden from it."""
    memory: str = ""
    """What it may hold at most, such as 500MB or 2GB: with more it is ended. Otherwise not limited."""
    priority: int = 0
    """Higher goes first."""
    deadline: str = ""
    """When it should be done: 2026-12-24T18:00, or from now: 30min, 2h."""
    not_before: str = ""
    """When it may start at the earliest: 2026-12-24T18:00, or from now: 30min, 2h."""
    every: str = ""
    """Again and again, as cron writes it: "0 3 * * *" is each night at three. Each time is a job of its own."""
    after: tuple[str, ...] = ()
    """Id of a job that must have succeeded before."""
    retries: int = 0
    """How often it is tried again after it failed."""
    timeout_s: float | None = None
    """Seconds after which an attempt is ended."""
    latency_target_ms: float | None = None
    """Makes it a service, which runs until it is cancelled: its 99th percentile is to stay below this."""
    service: bool = False
    """It runs until it is cancelled."""
    output: Path | None = None
    """The notebook with its results; otherwise in a folder ds_jobs beside the notebook."""
    cwd: Path | None = None
    """Its working folder; otherwise the notebook's, or the one it is submitted from."""
    env: tuple[str, ...] = ()
    """NAME=VALUE for its environment."""
    id: str = ""
    """Its id, so that a submit that is repeated submits once; otherwise the name and some letters."""

    def __post_init__(self) -> None:
        settle(self)
        for name in ("cpus", "max_cpus", "timeout_s", "latency_target_ms"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{name} must be finite and above 0, got {value}.")
        if self.retries < 0 or self.gpus < 0:
            raise UsageError("retries and gpus must be 0 or more.")
        wrong = [each for each in self.env if not each.partition("=")[0] or "=" not in each]
        if wrong:
            raise UsageError(f"env takes NAME=VALUE, got {wrong[0]!r}.")
