"""Looks at the jobs at work: what their runs say, what they use of the machine; facts for the core, numbers to keep."""

from __future__ import annotations

import time

from ds_notebook.record import Record
from ds_notebook.record.events import Usage
from ds_notebook.schedule.attempts import Attempts, Live
from ds_notebook.schedule.children import Children
from ds_notebook.schedule.clock import steady_s
from ds_notebook.schedule.events import AnyFact, ChildSeen, LatencyMeasured, Measured
from ds_notebook.schedule.metrics import JobSampler, MachineSampler, Values
from ds_notebook.schedule.state import Queue

SAMPLE_S = 5.0
"""How often the twelve numbers are taken."""
LOOK_S = 1.0
"""How often the runs of a job are read."""
SERVICE_LOOK_S = 0.25
"""Of a service with a latency to keep, which is acted on at once."""

LATENCY_WINDOW_S = 1.0
"""What is acted on: longer, and it would still hold what was late before the last change."""


class Observer:
    """Keeps what it has seen of each job at work, and nothing of the others."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self._seen: dict[str, _Watched] = {}
        self._machine: MachineSampler | None = None
        self._next_sample_s = 0.0
        self.has_services = False

    def children(self, job: str) -> list[Record]:
        """The runs that the job's code has started by now: the last look may be a while ago, or none at all."""
        live = next((each for each in self._attempts if each.job == job), None)
        if live is None:
            return []
        watched = self._seen[job] = self._watched(live)
        watched.children.read(time.time())
        return watched.children.records

    def look(self, queue: Queue) -> tuple[list[AnyFact], list[Usage]]:
        """What is new, and every five seconds the numbers."""
        now_s = steady_s()
        at_work = {live.job: live for live in self._attempts if live.has_started}
        self._seen = {job: self._watched(live) for job, live in at_work.items()}
        self.has_services = any(_target_of(queue, job) for job in at_work)
        facts = [fact for watched in self._seen.values() for fact in watched.look(queue, now_s)]
        if not at_work or now_s < self._next_sample_s:
            return facts, []
        self._next_sample_s = now_s + SAMPLE_S
        usages = [Usage(device=f"job {job}", values=watched.sample(now_s)) for job, watched in self._seen.items()]
        facts += [watched.measured() for watched in self._seen.values()]
        return facts, [*self._machine_usage(queue, now_s), *(usage for usage in usages if usage.values)]

    def _watched(self, live: Live) -> _Watched:
        known = self._seen.get(live.job)
        return known if known and known.live is live else _Watched(live)

    def _machine_usage(self, queue: Queue, now_s: float) -> list[Usage]:
        if self._machine is None:  # asks for GPUs, so only once there is a job
            self._machine = MachineSampler()
        found = self._machine.sample(now_s)
        found.setdefault("machine", {})["queue_length"] = sum(job.state == "waiting" for job in queue.open_jobs())
        return [Usage(device=device, values=values) for device, values in found.items()]


class _Watched:
    """One attempt at work."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.children = Children(live.folder)
        self._sampler = JobSampler()
        self._load_sampler = JobSampler()
        self._values: Values = {}
        self._load: float | None = None
        self._next_load_s = 0.0
        self._next_look_s = 0.0
        self._said_saves = False

    def look(self, queue: Queue, now_s: float) -> list[AnyFact]:
        if now_s < self._next_look_s:
            return []
        has_target = _target_of(queue, self.live.job)
        self._next_look_s = now_s + (SERVICE_LOOK_S if has_target else LOOK_S)
        self.children.read(time.time())
        facts: list[AnyFact] = []
        if self.children.saves and not self._said_saves:
            self._said_saves = True
            facts.append(ChildSeen(job=self.live.job))
        if has_target and self.children.serves and self.live.pid is not None:
            facts.append(self._latency(self.live.pid, now_s))
        return facts

    def _latency(self, pid: int, now_s: float) -> LatencyMeasured:
        p99_s = self.children.latency_p99_s(since=time.time() - LATENCY_WINDOW_S)
        if now_s >= self._next_load_s:
            self._next_load_s = now_s + LOOK_S
            busy_pct = self._load_sampler.sample(pid, now_s).get("cpu_busy_pct")
            self._load = None if busy_pct is None else busy_pct / 100
        if p99_s is None:
            return LatencyMeasured(job=self.live.job, load=0.0)
        return LatencyMeasured(job=self.live.job, p99_ms=1e3 * p99_s, load=self._load)

    def sample(self, now_s: float) -> Values:
        used = self._sampler.sample(self.live.pid, now_s) if self.live.pid is not None else {}
        self._values = used | self.children.values()
        progress = self.children.progress
        return self._values if progress is None else self._values | {"progress": progress}

    def measured(self) -> Measured:
        return Measured(job=self.live.job, values=self._values, progress=self.children.progress)


def _target_of(queue: Queue, job: str) -> bool:
    known = queue.jobs.get(job)
    return known is not None and known.has_target
