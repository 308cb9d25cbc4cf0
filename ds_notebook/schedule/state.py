"""What the core of the scheduler knows: the machine, the jobs as the record tells them, what was measured since."""

from __future__ import annotations

import math

import msgspec

from ds_notebook.schedule.job import DONE, JobSpec, JobState

ACTIVE: tuple[JobState, ...] = ("starting", "running", "paused", "stopping")
"""States in which a job's processes are there, or may be."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What may be promised: cores and GPUs by the numbers that the system gives them."""

    cores: tuple[int, ...]
    gpus: tuple[int, ...] = ()
    memory_bytes: int
    nice_goes_back: bool = False
    """Whether a job that was made weaker can be made stronger again; takes a privilege."""


class Placement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job got. A core in `cores` is promised: to one job alone, or in shares to jobs of less than one."""

    cores: tuple[int, ...] = ()
    borrowed: tuple[int, ...] = ()
    """Cores promised to others, which it may use while they are idle."""
    gpus: tuple[int, ...] = ()
    memory_bytes: int = 0
    threads: int = 1
    nice: int = 0

    @property
    def affinity(self) -> tuple[int, ...]:
        """The cores its threads may run on."""
        return tuple(sorted({*self.cores, *self.borrowed}))


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the record tells it: folding the record's events gives this again, to the last field."""

    spec: JobSpec
    number: int
    """In the order of submits."""
    state: JobState = "waiting"
    is_ready: bool = False
    """Waits for room alone: its dependencies have succeeded, its time has come."""
    reason: str = ""
    priority: int = 0
    attempt: int = 0
    """Number of the attempt that runs, or was the last; 0: none yet."""
    failures: int = 0
    losses: int = 0
    """Attempts that were gone without a word: the machine stopped, or someone killed the wrapper."""
    then: JobState = "waiting"
    """Where a stopping job goes once it has ended."""
    placement: Placement = Placement()
    since_s: float = 0.0
    """When state or placement changed last."""
    waited_before_s: float = 0.0
    """Time in which it was ready, or paused, up to `since_s`."""
    ran_before_s: float = 0.0
    """Time that this attempt ran, pauses not counted, up to `since_s`."""
    attained_before_s: float = 0.0
    """Core seconds that all its attempts had, up to `since_s`."""

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def name(self) -> str:
        return self.spec.name or self.spec.id

    @property
    def is_done(self) -> bool:
        return self.state in DONE

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def has_target(self) -> bool:
        """A service with a latency to keep."""
        return self.spec.latency_target_ms is not None

    @property
    def needs_cores(self) -> int:
        """Whole cores that it is promised; 0: it shares one."""
        return 0 if self.spec.cpus < 1 else math.ceil(self.spec.cpus)

    @property
    def most_cores(self) -> int:
        """Cores that it can use."""
        return self.needs_cores if self.spec.max_cpus is None else max(self.needs_cores, int(self.spec.max_cpus))

    def waited_s(self, now_s: float) -> float:
        """Time in which it was ready, or paused, until now."""
        waits = self.state == "paused" or (self.state == "waiting" and self.is_ready)
        return self.waited_before_s + (max(0.0, now_s - self.since_s) if waits else 0.0)

    def ran_s(self, now_s: float) -> float:
        """Time that this attempt ran, until now."""
        return self.ran_before_s + (max(0.0, now_s - self.since_s) if self.state == "running" else 0.0)

    def attained_s(self, now_s: float) -> float:
        """Core seconds that all its attempts had, until now."""
        cores = len(self.placement.cores) if self.needs_cores else self.spec.cpus
        running_s = max(0.0, now_s - self.since_s) if self.state == "running" else 0.0
        return self.attained_before_s + cores * running_s

    @property
    def is_elastic(self) -> bool:
        return self.needs_cores > 0 and self.most_cores > self.needs_cores


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What a service needs, as far as it was measured."""

    load: float = 0.0
    """Cores that its requests keep busy: quick to rise, slow to fall."""
    margin: float = 0.0
    """Square roots of the load that are kept beside it; a breach raises it."""
    level: int = 0
    """0: others may use its cores while they are idle. 1: they may not. From 2 on: it has a core more, and so on."""
    p99_ms: float | None = None
    measured_s: float = -math.inf
    acted_s: float = -math.inf
    """When its level, or the strength of the others, was changed last."""
    weakened: int = 0
    """How often the others were made weaker for it."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a job in this life of the scheduler; after a restart it is measured anew."""

    saves: bool = False
    """Its code started a run that obeys Save and Stop: it can give way without losing its work."""
    progress: float | None = None
    """Share of its work that is done, 0 to 1."""
    began_at: float = 0.0
    """The progress with which this attempt began."""
    metrics: dict[str, float] = {}
    demand: Demand | None = None


NOTHING_SEEN = Known()


class Queue(msgspec.Struct, kw_only=True):
    """All jobs, and the machine they share. `step` returns a new one; nobody else changes it."""

    machine: Machine
    policy: str = "qos"
    jobs: dict[str, Job] = {}
    """By id, in the order of submits, also those that are done."""
    open: dict[str, None] = {}
    """Ids of the jobs that are not done: a set that keeps its order."""
    known: dict[str, Known] = {}
    last_s: float = 0.0
    """The latest time that it has heard of, by the clock of `step`."""
    planned_s: float = -math.inf
    """When it was looked at last who is to have what."""
    wall_s: float | None = None
    """Unix seconds at the last tick; None before the first: no `not_before` has come yet."""

    def copy(self) -> Queue:
        """Its own dicts, the same jobs."""
        return msgspec.structs.replace(self, jobs=dict(self.jobs), open=dict(self.open), known=dict(self.known))

    def seen(self, job_id: str) -> Known:
        """What was measured of the job, if anything."""
        return self.known.get(job_id, NOTHING_SEEN)

    def open_jobs(self) -> list[Job]:
        return [self.jobs[id] for id in self.open]
