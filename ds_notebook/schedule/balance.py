"""What jobs at work have beyond their promise: services what keeps their target, the others what is left idle."""

from __future__ import annotations

from ds_notebook.schedule.forecast import cause
from ds_notebook.schedule.plan import Plan
from ds_notebook.schedule.policies import Policy
from ds_notebook.schedule.starting import count_of_cores
from ds_notebook.schedule.state import Demand, Job

GROW_AFTER_S = 2.0
"""A job that has just been changed is not given more again at once: each change costs it a little."""
NICE = (10, 15, 19)
"""Of all beside a service with a target, then each time that this does not keep it.

A load of three quarters of a core needs more than nice 5 leaves it (1024 of 1024 + 335 shares), before anyone measures.
"""


def release(plan: Plan, policy: Policy) -> None:
    """Cores that services need no more go back, before it is looked at who may start."""
    for service in plan.at_work():
        if (
            policy.keeps_target(service)
            and (unneeded := len(plan.wanted[service.id].cores) - _wanted(plan, service)) > 0
        ):
            why = cause(service, demand_of(plan, service))
            kept = plan.wanted[service.id].cores[:-unneeded]
            plan.set(service, f"gave {count_of_cores(unneeded)} back: {why}", cores=kept)


def balance(plan: Plan, policy: Policy) -> None:
    """Spread what is not promised; whatever a service lacks is taken first."""
    at_work = plan.at_work()
    services = [job for job in at_work if policy.keeps_target(job)]
    others = [job for job in at_work if not policy.keeps_target(job)]
    for service in services:
        _claim(plan, service, others)
    _spread(plan, [job for job in others if job.is_elastic])
    _lend(plan, services, [job for job in others if job.is_elastic])
    if services:
        _let_services_roam(plan, services)
        _weaken(plan, services, others)
    elif plan.queue.machine.nice_goes_back:
        _strengthen(plan, others)
    for job in at_work:
        _count_threads(plan, job)


def demand_of(plan: Plan, service: Job) -> Demand:
    return plan.queue.seen(service.id).demand or Demand()


def _claim(plan: Plan, service: Job, others: list[Job]) -> None:
    """Give the service the cores of its level: free ones, else those that others have to spare."""
    demand = demand_of(plan, service)
    more = _wanted(plan, service) - len(plan.wanted[service.id].cores)
    for giver in sorted(others, key=lambda job: (job.priority, -plan.surplus(job), -job.number)):
        if (take := min(more - len(plan.room.cores), plan.surplus(giver))) > 0:
            reason = f"gave {count_of_cores(take)} from {giver.name} to {service.name}: {cause(service, demand)}"
            plan.set(giver, reason, cores=plan.wanted[giver.id].cores[:-take])
    if got := plan.room.cores[: max(0, more)]:
        reason = f"got {count_of_cores(len(got))} more: {cause(service, demand)}"
        plan.set(service, reason, cores=tuple(sorted((*plan.wanted[service.id].cores, *got))))


def _wanted(plan: Plan, service: Job) -> int:
    """Cores of the level that the service is at."""
    return min(service.needs_cores + max(0, demand_of(plan, service).level - 1), service.most_cores)


def _spread(plan: Plan, elastic: list[Job]) -> None:
    """One free core to each in turn, until they can use no more."""
    growing = [job for job in elastic if _may_grow(plan, job)]
    while plan.room.cores and growing:
        for job in growing:
            if plan.room.cores:
                cores = tuple(sorted((*plan.wanted[job.id].cores, plan.room.cores[0])))
                plan.set(job, f"got {count_of_cores(len(cores))}: nobody waits for {_them(len(cores))}", cores=cores)
        growing = [job for job in growing if len(plan.wanted[job.id].cores) < job.most_cores]


def _may_grow(plan: Plan, job: Job) -> bool:
    settled = job.state == "waiting" or plan.now_s - job.since_s >= GROW_AFTER_S
    return settled and len(plan.wanted[job.id].cores) < job.most_cores


def _lend(plan: Plan, services: list[Job], elastic: list[Job]) -> None:
    """Cores of services at level 0 to those that can use more; who has one keeps it."""
    owners = {core: job for job in services if demand_of(plan, job).level == 0 for core in plan.wanted[job.id].cores}
    kept = {job.id: [core for core in plan.wanted[job.id].borrowed if core in owners] for job in elastic}
    free = [core for core in owners if not any(core in cores for cores in kept.values())]
    for job in elastic:
        room = job.most_cores - len(plan.wanted[job.id].cores)
        borrowed = kept[job.id][:room]
        if _may_grow(plan, job):
            borrowed += [free.pop(0) for _ in range(min(room - len(borrowed), len(free)))]
        _set_borrowed(plan, job, tuple(sorted(borrowed)), services)


def _set_borrowed(plan: Plan, job: Job, borrowed: tuple[int, ...], services: list[Job]) -> None:
    before = plan.wanted[job.id].borrowed
    if borrowed == before:
        return
    moved = set(before) ^ set(borrowed)
    owner = next((each for each in services if moved & set(plan.wanted[each.id].cores)), None)
    count = count_of_cores(abs(len(borrowed) - len(before)) or len(moved))
    if owner is None:
        reason = f"returned {count}"
    elif len(borrowed) < len(before):
        reason = f"gave {count} from {job.name} to {owner.name}: {cause(owner, demand_of(plan, owner))}"
    else:
        reason = f"may use {count} of {owner.name} while it is idle"
    plan.set(job, reason, borrowed=borrowed)


def _let_services_roam(plan: Plan, services: list[Job]) -> None:
    """A service may run on any core but those of another service: a neighbour on its own then costs it little."""
    for service in services:
        taken = {core for job in services for core in plan.wanted[job.id].cores}
        roams = tuple(core for core in plan.queue.machine.cores if core not in taken)
        if roams != plan.wanted[service.id].borrowed:
            plan.set(service, "may run on cores that are idle", borrowed=roams)


def _weaken(plan: Plan, services: list[Job], others: list[Job]) -> None:
    weakened = max(demand_of(plan, job).weakened for job in services)
    worst = max(services, key=lambda job: demand_of(plan, job).weakened)
    for job in others:
        placement = plan.wanted[job.id]
        nice = NICE[weakened]
        if not plan.queue.machine.nice_goes_back:
            nice = max(nice, placement.nice)
        if nice != placement.nice:
            why = f"made weaker for {worst.name}: {cause(worst, demand_of(plan, worst))}"
            plan.set(job, plan.reason(job) or (why if weakened else f"gives way to {worst.name}"), nice=nice)


def _strengthen(plan: Plan, others: list[Job]) -> None:
    """No service is left for whom they were made weaker."""
    for job in others:
        if plan.wanted[job.id].nice:
            plan.set(job, plan.reason(job) or "as strong as before", nice=0)


def _count_threads(plan: Plan, job: Job) -> None:
    """A thread a core; a service counts its own alone, since it is on the others for moments."""
    placement = plan.wanted[job.id]
    threads = len(placement.cores) + (0 if job.has_target else len(placement.borrowed))
    if threads != placement.threads:
        plan.set(job, plan.reason(job), threads=threads)


def _them(count: int) -> str:
    return "it" if count == 1 else "them"
