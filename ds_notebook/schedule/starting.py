"""Which waiting jobs start now: in the policy's order, with what others give up, never at the cost of who is first."""

from __future__ import annotations

import msgspec

from ds_notebook.schedule.admit import refusal
from ds_notebook.schedule.capacity import Room
from ds_notebook.schedule.forecast import ends_within_s, remaining_s
from ds_notebook.schedule.plan import Plan
from ds_notebook.schedule.policies import Policy
from ds_notebook.schedule.state import Job, Placement

PATIENCE_S = 60.0
"""So long the first in the order lets others overtake that fit; then what it needs is kept for it."""


def start_jobs(plan: Plan, policy: Policy) -> None:
    """Start, resume, and ask to give way; at most one job, the first that does not fit, holds up others."""
    gap: _Gap | None = None
    for job in _candidates(plan, policy):
        if job.state == "paused":  # holds memory that others may need: it never waits for them
            placement = _resumed(plan, job)
        elif gap is None:
            placement = _fitted(plan, policy, job) or _after_others_gave_way(plan, policy, job)
        else:
            placement = gap.place(job)
        if placement is not None:
            plan.start(job, placement, _why_now(gap, job))
        elif gap is None and job.state == "waiting" and _could_fit(plan, job):
            if not policy.overtakes:
                return
            gap = _Gap(plan, policy, job)
        if gap and gap.is_full():
            return


def _why_now(gap: _Gap | None, job: Job) -> str:
    if job.state == "paused":
        return "goes on where it was paused"
    return "was first in line" if gap is None else f"fits beside {gap.first.name}, which is first in line"


def _candidates(plan: Plan, policy: Policy) -> list[Job]:
    jobs = [job for job in plan.queue.open_jobs() if job.is_ready or job.state == "paused"]
    return sorted(jobs, key=lambda job: policy.order(job, plan.queue, plan.now_s))


def _fitted(plan: Plan, policy: Policy, job: Job) -> Placement | None:
    """A place in the room, if need be after jobs that have cores to spare gave some of them."""
    return plan.room.place(job) or _with_spare_cores(plan, policy, job)


def _with_spare_cores(plan: Plan, policy: Policy, job: Job) -> Placement | None:
    givers = _givers(plan, policy)
    missing = max(1, job.needs_cores) - len(plan.room.cores)
    room = plan.room.copy()
    taken: list[tuple[Job, Placement]] = []
    for giver in sorted(givers, key=lambda each: (-plan.surplus(each), each.number)):
        if missing > 0:
            less = _without(plan.wanted[giver.id], min(missing, plan.surplus(giver)))
            missing -= len(plan.wanted[giver.id].cores) - len(less.cores)
            room.give_back(giver, plan.wanted[giver.id])
            room.take(giver, less)
            taken.append((giver, less))
    placement = room.place(job)
    for giver, less in taken if placement else ():
        count = len(plan.wanted[giver.id].cores) - len(less.cores)
        plan.set(giver, f"gave {count_of_cores(count)} to {job.name}, which waited", cores=less.cores)
    return placement


def _givers(plan: Plan, policy: Policy) -> list[Job]:
    return [job for job in plan.at_work() if plan.surplus(job) > 0 and not policy.keeps_target(job)]


def _without(placement: Placement, count: int) -> Placement:
    return msgspec.structs.replace(placement, cores=placement.cores[:-count])


def _resumed(plan: Plan, job: Job) -> Placement | None:
    """Cores for a paused job; memory and GPUs it has kept."""
    room = plan.room.copy()
    room.give_back(job, job.placement)
    placement = room.place(job)
    return placement and msgspec.structs.replace(placement, gpus=job.placement.gpus, nice=job.placement.nice)


def _after_others_gave_way(plan: Plan, policy: Policy, job: Job) -> Placement | None:
    """A place on cores that paused jobs left; None where nobody gives way, or has to stop first."""
    room = plan.room.copy()
    for each in plan.active.values():
        if each.state == "stopping":
            room.give_back(each, plan.wanted[each.id])
    chosen: list[Job] = []
    willing = [each for each in policy.give_way(job, plan.queue, plan.now_s) if each in plan.at_work()]
    for each in willing:
        if room.place(job):
            break
        _leave(room, plan.wanted[each.id], each, policy)
        chosen.append(each)
    if not chosen or not room.place(job):
        return None
    for each in _needed(room, job, chosen, plan):
        if policy.way == "pause":
            plan.pause(each, f"paused for {job.name}, which has had less")
        else:
            plan.preempt(each, f"saves and stops for {job.name}, which has priority {job.priority}")
    return plan.room.place(job) if policy.way == "pause" else None


def _needed(room: Room, job: Job, chosen: list[Job], plan: Plan) -> list[Job]:
    """Those of `chosen` without whom the job would not fit; `room` is what there is once all have left."""
    needed = []
    for each in chosen:
        room.take(each, plan.wanted[each.id])
        if not room.place(job):
            room.give_back(each, plan.wanted[each.id])
            needed.append(each)
    return needed


def _leave(room: Room, placement: Placement, job: Job, policy: Policy) -> None:
    room.give_back(job, placement)
    if policy.way == "pause":
        room.take(job, msgspec.structs.replace(placement, cores=()))


def _could_fit(plan: Plan, job: Job) -> bool:
    """Whether it will fit without a service ending, so that others may be held up for it."""
    if refusal(job.spec, plan.queue.machine):  # a machine that has become smaller
        return False
    return Room.beside_services(plan.queue.machine, plan.active.values()).place(job) is not None


class _Gap:
    """What the jobs behind the first may have: all that is free at the beginning; later what it does not need."""

    def __init__(self, plan: Plan, policy: Policy, first: Job) -> None:
        self.first = first
        self._plan, self._policy = plan, policy
        others_stop = any(job.state == "stopping" and job.then == "waiting" for job in plan.active.values())
        has_waited = first.waited_s(plan.now_s) >= PATIENCE_S
        self._is_kept = others_stop or plan.is_preempting or has_waited
        self._fits_in_s = _fits_in_s(plan, first) if self._is_kept else 0.0

    def place(self, job: Job) -> Placement | None:
        if not self._is_kept:
            return _fitted(self._plan, self._policy, job)
        if ends_within_s(job, self._plan.now_s) <= self._fits_in_s:
            return self._plan.room.place(job)
        if not self._plan.room.has_core:
            return None
        rest = self._plan.room.copy()
        rest.keep_for(self.first)
        return rest.place(job)

    def is_full(self) -> bool:
        """Whether nobody at all can start any more: with a thousand waiting, most of them need not be looked at."""
        return not self._plan.room.has_core and not _givers(self._plan, self._policy)


def _fits_in_s(plan: Plan, first: Job) -> float:
    """Seconds until `first` fits, if the others end as they seem to; this long a gap may be filled."""
    room = plan.room.copy()
    left = {job.id: remaining_s(job, plan.queue, plan.now_s) for job in plan.active.values()}
    for job in sorted(plan.active.values(), key=lambda each: left[each.id]):
        room.give_back(job, plan.wanted[job.id])
        if room.place(first):
            return left[job.id]
    return 0.0


def count_of_cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"
