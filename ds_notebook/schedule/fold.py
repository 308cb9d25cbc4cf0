"""The queue from its record: what each event changes. `step` decides; only this changes a job."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ds_notebook.record.events import AnyEvent, Decision, JobChanged, RunStarted
from ds_notebook.schedule.job import DONE, JobSpec, JobState
from ds_notebook.schedule.state import Job, Machine, Placement, Queue


class _Standing(Placement, frozen=True, kw_only=True, omit_defaults=True):
    """A JobChanged's `placement`: what the job got, and the counts that say where it stands."""

    attempt: int = 0
    failures: int = 0
    losses: int = 0
    is_ready: bool = False
    then: JobState = "waiting"


_COUNTS = ("attempt", "failures", "losses", "is_ready", "then")


def queue_from(events: Iterable[AnyEvent], machine: Machine, policy: str = "qos") -> Queue:
    """The queue that a record's events tell, all lives of the scheduler in their order.

    Only what was measured is not in it: that is measured anew.
    """
    queue = Queue(machine=machine, policy=policy)
    for event in events:
        apply(queue, event)
    return queue


def apply(queue: Queue, event: AnyEvent) -> None:
    """Change `queue` as the event says; events that concern no job only say how late it is."""
    match event:
        case RunStarted():
            _pass_over_downtime(queue, event.at)
        case Decision(policy="submit"):
            _add(queue, event)
        case Decision(policy="priority") if job := queue.jobs.get(event.subject):
            queue.jobs[job.id] = msgspec.structs.replace(job, priority=int(event.evidence["priority"]))
        case JobChanged() if job := queue.jobs.get(event.job):
            _change(queue, job, event)
    queue.last_s = max(queue.last_s, event.at)


def standing(job: Job, placement: Placement, **changed: Any) -> dict[str, Any]:  # any JSON; any of the counts
    """What a JobChanged says beside the state, as its `placement`."""
    counts = {name: getattr(job, name) for name in _COUNTS} | changed
    whole = _Standing(**{name: getattr(placement, name) for name in Placement.__struct_fields__}, **counts)
    encoded: dict[str, Any] = msgspec.to_builtins(whole)
    return encoded


def _pass_over_downtime(queue: Queue, now_s: float) -> None:
    """Time in which no scheduler lived, or by which the clock was set meanwhile, is nobody's waiting or running."""
    if gap_s := now_s - queue.last_s if queue.jobs else 0.0:
        for job in queue.open_jobs():
            queue.jobs[job.id] = msgspec.structs.replace(job, since_s=job.since_s + gap_s)


def _add(queue: Queue, event: Decision) -> None:
    """A refused job is in the queue, too: whoever asked for it finds out why."""
    spec = msgspec.convert(event.evidence, JobSpec)
    refused = event.verdict == "refused"
    queue.jobs[spec.id] = Job(
        spec=spec,
        number=len(queue.jobs),
        state="failed" if refused else "waiting",
        reason=event.reason,
        priority=spec.priority,
        since_s=event.at,
    )
    if not refused:
        queue.open[spec.id] = None


def _change(queue: Queue, job: Job, event: JobChanged) -> None:
    said = msgspec.convert(event.placement, _Standing)
    placement = Placement(**{name: getattr(said, name) for name in Placement.__struct_fields__})
    after: JobState = event.after  # type: ignore[assignment]  # the core writes no other word
    begins = after == "starting" and job.state != "starting"
    queue.jobs[job.id] = msgspec.structs.replace(
        job,
        state=after,
        reason=event.reason,
        placement=placement,
        since_s=event.at,
        waited_before_s=job.waited_s(event.at),
        ran_before_s=0.0 if begins else job.ran_s(event.at),
        attained_before_s=job.attained_s(event.at),
        **{name: getattr(said, name) for name in _COUNTS},
    )
    if after in DONE:
        queue.open.pop(job.id, None)
