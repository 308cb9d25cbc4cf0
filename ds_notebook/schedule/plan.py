"""Who is to have what: a draft over the queue, and the instructions that lead there."""

from __future__ import annotations

import msgspec

from ds_notebook.schedule.capacity import Room
from ds_notebook.schedule.events import Pause, Preempt, Resize, Resume, Start
from ds_notebook.schedule.state import Job, Placement
from ds_notebook.schedule.turn import Turn


class Plan:
    """Begins with what each job has; what is changed here is carried out all at once, in an order that is safe."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.queue, self.now_s = turn.queue, turn.now_s
        self.active = {job.id: job for job in self.queue.open_jobs() if job.is_active}
        self.room = Room(self.queue.machine, self.active.values())
        self.wanted = {job.id: job.placement for job in self.active.values()}
        """The placement of each active job, and of each that is to start or to go on."""
        self._reasons: dict[str, str] = {}
        self._pausing: dict[str, str] = {}
        self._preempting: dict[str, str] = {}

    def job(self, job_id: str) -> Job:
        return self.queue.jobs[job_id]

    def at_work(self) -> list[Job]:
        """Jobs that have cores in this plan and keep them; those about to start are among them."""
        jobs = (self.job(job_id) for job_id in self.wanted if job_id not in {**self._pausing, **self._preempting})
        return [job for job in jobs if job.state != "stopping" and self.wanted[job.id].cores]

    def start(self, job: Job, placement: Placement, reason: str) -> None:
        """Start a waiting job, or let a paused one go on."""
        self._reasons[job.id] = reason
        if job.id in self.wanted:
            self.room.give_back(job, self.wanted[job.id])
        self.room.take(job, placement)
        self.wanted[job.id] = placement

    def pause(self, job: Job, reason: str) -> None:
        """Its cores are free at once; the rest it keeps."""
        self.room.give_back(job, self.wanted[job.id])
        self.wanted[job.id] = msgspec.structs.replace(self.wanted[job.id], cores=(), borrowed=())
        self.room.take(job, self.wanted[job.id])
        self._pausing[job.id] = reason

    def preempt(self, job: Job, reason: str) -> None:
        """What it has is free once it has stopped."""
        self._preempting[job.id] = reason

    def set(self, job: Job, reason: str, **changed: object) -> None:
        """Change what a job at work has; `cores` go back to the room, or come from it."""
        self.room.give_back(job, self.wanted[job.id])
        self.wanted[job.id] = msgspec.structs.replace(self.wanted[job.id], **changed)
        self.room.take(job, self.wanted[job.id])
        self._reasons[job.id] = reason

    def reason(self, job: Job) -> str:
        """Why the plan changes what the job has; empty where it does not, or says nothing."""
        return self._reasons.get(job.id, "")

    @property
    def is_preempting(self) -> bool:
        return bool(self._preempting)

    def surplus(self, job: Job) -> int:
        """Cores beyond those that the job was promised."""
        return len(self.wanted[job.id].cores) - job.needs_cores if job.needs_cores else 0

    def carry_out(self) -> None:
        """First what makes room, then what takes it: the record never shows a core promised twice."""
        for job_id, reason in self._preempting.items():
            job = self._turn.change(self.job(job_id), "stopping", reason, then="waiting")
            self._turn.do(Preempt(job=job.id, attempt=job.attempt))
        for job_id, reason in self._pausing.items():
            job = self._turn.change(self.job(job_id), "paused", reason, self.wanted[job_id])
            self._turn.do(Pause(job=job.id, attempt=job.attempt))
        changed = [job for job in map(self.job, self.wanted) if self.wanted[job.id] != job.placement]
        for job in sorted(changed, key=self._takes):
            self._give(job, self.wanted[job.id])

    def _takes(self, job: Job) -> bool:
        return not set(self.wanted[job.id].cores) < set(job.placement.cores)

    def _give(self, job: Job, placement: Placement) -> None:
        reason = self.reason(job)
        if job.state == "waiting":
            job = self._turn.change(job, "starting", reason, placement, attempt=job.attempt + 1, is_ready=False)
            self._turn.do(Start(spec=job.spec, attempt=job.attempt, placement=placement))
        elif job.state == "paused":
            job = self._turn.change(job, "running", reason, placement)
            self._turn.do(Resume(job=job.id, attempt=job.attempt, placement=placement))
        else:
            job = self._turn.change(job, job.state, reason, placement)
            self._turn.do(Resize(job=job.id, attempt=job.attempt, placement=placement))
