"""A world that obeys the core: no processes, only what would be running where; it checks each instruction."""

from __future__ import annotations

from collections import Counter

import msgspec

from ds_notebook.record.events import AnyEvent, JobChanged, RunStarted
from ds_notebook.schedule.capacity import Room
from ds_notebook.schedule.core import step
from ds_notebook.schedule.events import (
    Adopted,
    AnyFact,
    AnyInstruction,
    Cancelled,
    End,
    Exited,
    Pause,
    Preempt,
    Resize,
    Resume,
    Say,
    Start,
    Started,
    Submitted,
    Ticked,
)
from ds_notebook.schedule.fold import queue_from
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.policies import POLICIES
from ds_notebook.schedule.state import Job, Machine, Placement

ROUNDING = 1e-6


def spec(id: str, **asked: object) -> JobSpec:
    asked = {"kind": "command", "command": ["true"], **asked}
    return msgspec.convert({"id": id, "name": id, **asked}, JobSpec)


class World:
    """One machine, one queue, and the attempts at work on it."""

    def __init__(
        self, policy: str = "qos", cores: int = 2, gpus: int = 0, memory_bytes: int = 8 << 30, *, checks: bool = True
    ) -> None:
        self._checks = checks
        self.machine = Machine(cores=tuple(range(cores)), gpus=tuple(range(gpus)), memory_bytes=memory_bytes)
        self.now_s = 1000.0
        self.wall_s = 1000.0
        self.record: list[AnyEvent] = [self._life()]
        self.queue = queue_from(self.record, self.machine, policy)
        self.at_work: dict[str, int] = {}
        """Attempt by job."""
        self.has: dict[str, Placement] = {}
        self.asked_to_end: set[str] = set()
        self.asked_to_save: set[str] = set()
        self.paused: set[str] = set()
        self.started: Counter[tuple[str, int]] = Counter()
        self.successes: Counter[str] = Counter()

    # -- what a test says

    def submit(self, *specs: JobSpec) -> None:
        self.tell(Submitted(jobs=specs))

    def run(self, *specs: JobSpec) -> None:
        """Submit, and let all that start be there."""
        self.submit(*specs)
        self.arrive()

    def arrive(self) -> None:
        for job_id, attempt in list(self.at_work.items()):
            self.tell(Started(job=job_id, attempt=attempt))

    def exit(self, job_id: str, status: str = "succeeded", reason: str = "", *, is_cut_short: bool = False) -> None:
        """The attempt at work ends."""
        attempt = self.at_work.pop(job_id)
        self.successes[job_id] += status == "succeeded"
        self.has.pop(job_id)
        for those in (self.asked_to_end, self.asked_to_save, self.paused):
            those.discard(job_id)
        self.tell(
            Exited(job=job_id, attempt=attempt, status=status, reason=reason, is_cut_short=is_cut_short)  # type: ignore[arg-type]  # a word
        )
        self.arrive()

    def cancel(self, job_id: str) -> None:
        self.tell(Cancelled(job=job_id))

    def tick(self, seconds: float = 1.0) -> None:
        self.now_s += seconds
        self.wall_s += seconds
        self.tell(Ticked(wall_s=self.wall_s))
        self.arrive()

    def tell(self, fact: AnyFact) -> list[AnyInstruction]:
        if not self._checks:  # the fold of a long record takes long
            self.queue, instructions = step(self.queue, fact, self.now_s)
            for instruction in instructions:
                self._obey(instruction)
            return instructions
        before = msgspec.json.encode(self.queue)
        after, instructions = step(self.queue, fact, self.now_s)
        assert msgspec.json.encode(self.queue) == before, "step changed what it was given"
        assert (after, instructions) == step(self.queue, fact, self.now_s), "the same call gave another answer"
        self.queue = after
        for instruction in instructions:
            self._obey(instruction)
        self.check()
        if isinstance(fact, Ticked) and not instructions:
            self._nobody_waits_who_could_run()
        return instructions

    def restart(self) -> None:
        """The scheduler dies and comes back: it has its record, and finds what is still at work."""
        self.record.append(self._life())
        self.queue = queue_from(self.record, self.machine, self.queue.policy)
        active = [job for job in self.queue.open_jobs() if job.is_active]
        for job in active:
            assert self.at_work[job.id] == job.attempt
            self.tell(Adopted(job=job.id, attempt=job.attempt))
        self.tell(Ticked(wall_s=self.wall_s))
        self.arrive()

    # -- what a test asks

    def job(self, job_id: str) -> Job:
        return self.queue.jobs[job_id]

    def states(self) -> dict[str, str]:
        return {job.id: job.state for job in self.queue.jobs.values()}

    def cores(self, job_id: str) -> tuple[int, ...]:
        return self.job(job_id).placement.cores

    def changes(self, job_id: str) -> list[str]:
        return [event.after for event in self.record if isinstance(event, JobChanged) and event.job == job_id]

    def reasons(self, job_id: str) -> list[str]:
        return [event.reason for event in self.record if isinstance(event, JobChanged) and event.job == job_id]

    # -- how it obeys

    def _obey(self, instruction: AnyInstruction) -> None:
        match instruction:
            case Say(event=event):
                self.record.append(event)
            case Start(spec=asked, attempt=attempt, placement=placement):
                assert asked.id not in self.at_work, "started while it runs"
                self.started[asked.id, attempt] += 1
                self.at_work[asked.id], self.has[asked.id] = attempt, placement
            case Resize(job=job_id, attempt=attempt, placement=placement):
                assert self.at_work[job_id] == attempt
                self.has[job_id] = placement
            case Pause(job=job_id, attempt=attempt):
                assert self.at_work[job_id] == attempt
                self.paused.add(job_id)
                self.has[job_id] = msgspec.structs.replace(self.has[job_id], cores=(), borrowed=())
            case Resume(job=job_id, attempt=attempt, placement=placement):
                assert self.at_work[job_id] == attempt and job_id in self.paused
                self.paused.remove(job_id)
                self.has[job_id] = placement
            case Preempt(job=job_id, attempt=attempt):
                assert self.at_work[job_id] == attempt
                self.asked_to_save.add(job_id)
            case End(job=job_id, attempt=attempt):
                assert self.at_work[job_id] == attempt
                self.asked_to_end.add(job_id)
        self._nothing_is_promised_twice()

    def check(self) -> None:
        """What holds after each step, whatever happened."""
        self._nothing_is_promised_twice()
        assert {job.id for job in self.queue.open_jobs() if job.is_active} == set(self.at_work)
        assert all(count == 1 for count in self.started.values()), "an attempt was started twice"
        assert all(count <= 1 for count in self.successes.values()), "a job succeeded twice"
        for job in self.queue.jobs.values():
            self._dependencies_hold(job)
            if job.is_active:
                assert job.placement == self.has[job.id]
        folded = queue_from(self.record, self.machine, self.queue.policy)
        assert (folded.jobs, folded.open) == (self.queue.jobs, self.queue.open), "the record tells another queue"

    def _dependencies_hold(self, job: Job) -> None:
        succeeded = all(
            self.queue.jobs[each].state == "succeeded" for each in job.spec.after if each in self.queue.jobs
        )
        if job.is_active or job.state == "succeeded" or job.is_ready:
            assert succeeded, f"{job.id} is {job.state} before what it waits for"
        if job.state == "waiting" and succeeded and job.spec.not_before is None:
            assert job.is_ready, f"{job.id} could run and does not know it"

    def _nobody_waits_who_could_run(self) -> None:
        """Who is first of those that can fit at all does not fit now: a look at it all changed nothing."""
        policy = POLICIES[self.queue.policy]
        active = [job for job in self.queue.open_jobs() if job.is_active]
        beside = Room.beside_services(self.machine, active)
        waiting = [job for job in self.queue.open_jobs() if job.is_ready and beside.place(job)]
        if waiting and self.queue.planned_s == self.queue.last_s:
            first = min(waiting, key=lambda job: policy.order(job, self.queue, self.queue.planned_s))
            assert Room(self.machine, active).place(first) is None, f"{first.id} fits, is first, and waits"

    def _nothing_is_promised_twice(self) -> None:
        shares: Counter[int] = Counter()
        gpus: Counter[int] = Counter()
        for job_id, placement in self.has.items():
            job = self.queue.jobs[job_id]
            for core in placement.cores:
                shares[core] += 1.0 if job.needs_cores else job.spec.cpus  # type: ignore[assignment]  # parts of cores
            gpus.update(placement.gpus)
            assert job.needs_cores <= len(placement.cores) or job_id in self.paused
            assert not set(placement.cores) & set(placement.borrowed)
        assert all(share <= 1 + ROUNDING for share in shares.values()), f"cores promised twice: {shares}"
        assert all(count == 1 for count in gpus.values()), f"GPUs promised twice: {gpus}"
        assert sum(placement.memory_bytes for placement in self.has.values()) <= self.machine.memory_bytes
        assert shares.keys() <= set(self.machine.cores) and gpus.keys() <= set(self.machine.gpus)

    def _life(self) -> RunStarted:
        return RunStarted(
            at=self.now_s, kind="schedule", name="queue", host="h", boot_id="b", pid=1, process_started=self.now_s
        )
