"""What the core is told (facts), and what it wants done (instructions): the whole of its door to the world."""

from __future__ import annotations

from typing import Literal

import msgspec

from ds_notebook.record.events import Decision, JobChanged
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.state import Placement

ExitStatus = Literal["succeeded", "failed", "stopped", "lost", "never_started"]
"""Stopped: it obeyed a Stop. Lost: it was started, is gone, and left no exit in its record. Never started: there is no
record of this attempt, and nothing can start it any more."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""


class Submitted(Fact, frozen=True, kw_only=True):
    """Jobs that were asked for together: they may wait for one another in any order. Ids known already are ignored."""

    jobs: tuple[JobSpec, ...]
    refused: dict[str, str] = {}
    """By id: why a job cannot be had here, though the machine could run it."""


class Cancelled(Fact, frozen=True, kw_only=True):
    """A user wants the job no more."""

    job: str


class PriorityChanged(Fact, frozen=True, kw_only=True):
    job: str
    priority: int


class Started(Fact, frozen=True, kw_only=True):
    """The attempt's wrapper holds the lock and the job's processes are there."""

    job: str
    attempt: int


class Exited(Fact, frozen=True, kw_only=True):
    """The attempt is over, its whole tree of processes is gone."""

    job: str
    attempt: int
    status: ExitStatus
    reason: str = ""
    """One sentence: what the job died of. Without a full stop."""
    is_cut_short: bool = False
    """It ended well, and a run of its code had been stopped before its end."""


class Adopted(Fact, frozen=True, kw_only=True):
    """After a restart of the scheduler: the attempt still runs. The core repeats what it wanted of it."""

    job: str
    attempt: int


class ChildSeen(Fact, frozen=True, kw_only=True):
    """The job's code started a run that obeys Save and Stop."""

    job: str


class Measured(Fact, frozen=True, kw_only=True):
    """Numbers of a job by metric name; `progress` (0 to 1) is the share of its work that is done, if it says so."""

    job: str
    values: dict[str, float]
    progress: float | None = None


class LatencyMeasured(Fact, frozen=True, kw_only=True):
    """A service's 99th percentile over the last second."""

    job: str
    p99_ms: float | None = None
    """None where there was no request."""
    load: float | None = None
    """Cores that its requests ask for: requests a second times CPU seconds a request; else the cores it used."""


class Ticked(Fact, frozen=True, kw_only=True):
    """Time passed: four times a second while there are services, else once a second is enough."""

    wall_s: float
    """Unix seconds, as people set them: `not_before` and `deadline` go by it."""


AnyFact = (
    Submitted
    | Cancelled
    | PriorityChanged
    | Started
    | Exited
    | Adopted
    | ChildSeen
    | Measured
    | LatencyMeasured
    | Ticked
)


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do; they are carried out in the order given."""


class Say(Instruction, frozen=True, kw_only=True):
    """Write this event to the queue's record; a JobChanged durably, and before what comes behind it is done."""

    event: JobChanged | Decision


class Start(Instruction, frozen=True, kw_only=True):
    """Start the attempt; answered by Started, or by Exited."""

    spec: JobSpec
    attempt: int
    placement: Placement


class Resize(Instruction, frozen=True, kw_only=True):
    """Set affinity, threads and nice to the placement's; needs no answer, may be repeated."""

    job: str
    attempt: int
    placement: Placement


class Pause(Instruction, frozen=True, kw_only=True):
    """Have it use no core until Resume; it keeps its memory. Needs no answer, may be repeated."""

    job: str
    attempt: int


class Resume(Instruction, frozen=True, kw_only=True):
    """Go on, on these cores."""

    job: str
    attempt: int
    placement: Placement


class Preempt(Instruction, frozen=True, kw_only=True):
    """Ask it to save and stop, and end it if it has not after a while; answered by Exited. It goes on later."""

    job: str
    attempt: int


class End(Instruction, frozen=True, kw_only=True):
    """End its whole tree of processes; answered by Exited."""

    job: str
    attempt: int
    reason: str


AnyInstruction = Say | Start | Resize | Pause | Resume | Preempt | End
