"""One call of `step` under way: a queue of its own, and what has been decided so far."""

from __future__ import annotations

from typing import Any

import msgspec

from ds_notebook.record.events import Decision, JobChanged
from ds_notebook.schedule.events import AnyInstruction, Say
from ds_notebook.schedule.fold import apply, standing
from ds_notebook.schedule.job import DONE, JobState
from ds_notebook.schedule.state import Job, Known, Placement, Queue


class Turn:
    """Each decision is an event: said, and applied as a later reader of the record will apply it."""

    def __init__(self, queue: Queue, now_s: float) -> None:
        self.queue = queue.copy()
        self.now_s = max(now_s, queue.last_s)  # a clock that goes back makes nobody's time negative
        self.queue.last_s = self.now_s
        self.instructions: list[AnyInstruction] = []

    def change(
        self,
        job: Job,
        after: JobState,
        reason: str,
        placement: Placement | None = None,
        *,
        is_new: bool = False,
        **counts: Any,  # see fold.standing
    ) -> Job:
        """Say that the job is in state `after` now; without a placement it keeps its own while it is active."""
        if placement is None:
            placement = Placement() if after in ("waiting", *DONE) else job.placement
        event = JobChanged(
            at=self.now_s,
            job=job.id,
            before="" if is_new else job.state,
            after=after,
            placement=standing(job, placement, **counts),
            reason=reason,
        )
        self._say(event)
        if after in DONE:
            self.queue.known.pop(job.id, None)
        return self.queue.jobs[job.id]

    def decide(self, policy: str, subject: str, verdict: str, reason: str, evidence: dict[str, Any]) -> None:
        """Say a choice that is no change of a job's state; evidence is any JSON."""
        self._say(
            Decision(at=self.now_s, policy=policy, subject=subject, verdict=verdict, reason=reason, evidence=evidence)
        )

    def do(self, instruction: AnyInstruction) -> None:
        self.instructions.append(instruction)

    def learn(self, job_id: str, **what: Any) -> Known:  # fields of Known
        """Note something measured."""
        known = msgspec.structs.replace(self.queue.seen(job_id), **what)
        self.queue.known[job_id] = known
        return known

    def _say(self, event: JobChanged | Decision) -> None:
        apply(self.queue, event)
        self.instructions.append(Say(event=event))
