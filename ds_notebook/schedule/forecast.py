"""What is to come: how long a job still takes, how many cores a service will need."""

from __future__ import annotations

import math

import msgspec

from ds_notebook.schedule.state import Demand, Job, Queue

UNKNOWN_S = 600.0
"""A job that says nothing of its length is taken for so long."""

ALARM = 0.5
"""A 99th percentile above this share of its target is acted upon: it doubles within a second once requests queue."""
RISE_S, FALL_S = 0.5, 5.0
"""Time constants of the load: up at once, down slowly."""
MARGIN_STEP, MARGIN_FALL_S = 0.25, 60.0
LEAST_LOAD = 0.1
"""Fewer requests than this come too rarely for the square root to say anything."""
BORROWED_WORTH = 0.9
"""What a core is worth to its service while others, weaker ones, may use it: measured with nice 5."""
REACT_S = 1.25
"""A percentile of the last second, and the time to write and read it: until then a change does not show."""
HOLD_S = 3.0
"""What was taken is kept so long before one step of it is given back."""
WEAKEN_AFTER_S, STRENGTHEN_AFTER_S, MOST_WEAKENED = 2.5, 30.0, 2


def remaining_s(job: Job, queue: Queue, now_s: float) -> float:
    """Seconds of running that are left: by its progress, else its timeout, else UNKNOWN_S; 0 at least."""
    known = queue.seen(job.id)
    ran_s = job.ran_s(now_s)
    if known.progress is not None and known.progress > known.began_at and ran_s > 0:
        return ran_s * (1 - known.progress) / (known.progress - known.began_at)
    whole_s = UNKNOWN_S if job.spec.timeout_s is None else job.spec.timeout_s
    return max(0.0, whole_s - (ran_s if job.is_active else 0.0))


def ends_within_s(job: Job, now_s: float) -> float:
    """Seconds after which the job has surely ended, because of its timeout; infinite without one."""
    if job.spec.timeout_s is None:
        return math.inf
    return max(0.0, job.spec.timeout_s - (job.ran_s(now_s) if job.is_active else 0.0))


def measured(demand: Demand, job: Job, p99_ms: float | None, load: float | None, now_s: float) -> Demand:
    """The demand of a service with a latency target after one more look at it.

    Its need is load + margin * sqrt(load): square-root staffing (Halfin and Whitt, 1981), with a margin that each
    breach raises and time lowers, since a margin fixed beforehand holds for one load and not for the next.
    """
    demand = _passed(demand, load if load is not None else job.spec.cpus / 2, now_s)
    demand = msgspec.structs.replace(demand, p99_ms=p99_ms, measured_s=now_s)
    target_ms = job.spec.latency_target_ms
    assert target_ms is not None
    if p99_ms is not None and p99_ms > ALARM * target_ms:
        return _alarmed(demand, job, p99_ms > target_ms, now_s)
    return _settled(demand, job, now_s)


def _passed(demand: Demand, load: float, now_s: float) -> Demand:
    passed_s = max(0.0, now_s - demand.measured_s)
    share = 1 - math.exp(-passed_s / (RISE_S if load > demand.load else FALL_S))
    return msgspec.structs.replace(
        demand,
        load=demand.load + share * (load - demand.load),
        margin=demand.margin * math.exp(-passed_s / MARGIN_FALL_S),
    )


def _alarmed(demand: Demand, job: Job, is_breach: bool, now_s: float) -> Demand:
    """One level more at once, and a margin that asks for it; at the last level the others are made weaker."""
    acted_before_s = now_s - demand.acted_s
    if demand.level < _top(job) and acted_before_s >= REACT_S:
        missing = _capacity(job, demand.level) - demand.load
        margin = max(demand.margin + MARGIN_STEP, missing / math.sqrt(max(demand.load, LEAST_LOAD)))
        return msgspec.structs.replace(demand, level=demand.level + 1, margin=margin, acted_s=now_s)
    if is_breach and demand.weakened < MOST_WEAKENED and acted_before_s >= WEAKEN_AFTER_S:
        return msgspec.structs.replace(demand, weakened=demand.weakened + 1, acted_s=now_s)
    return demand


def _settled(demand: Demand, job: Job, now_s: float) -> Demand:
    """Up as far as the load needs, at once; down by one level after a while."""
    needed = _level(job, needed_cores(demand))
    if needed > demand.level:
        return msgspec.structs.replace(demand, level=needed, acted_s=now_s)
    if now_s - demand.acted_s < HOLD_S:
        return demand
    if needed < demand.level:
        return msgspec.structs.replace(demand, level=demand.level - 1, acted_s=now_s)
    if demand.weakened and now_s - demand.acted_s >= STRENGTHEN_AFTER_S:
        return msgspec.structs.replace(demand, weakened=demand.weakened - 1, acted_s=now_s)
    return demand


def needed_cores(demand: Demand) -> float:
    """Cores that keep the service's target, as far as is known."""
    return demand.load + demand.margin * math.sqrt(max(demand.load, LEAST_LOAD))


def cause(service: Job, demand: Demand) -> str:
    """The measurement behind a change, in words."""
    if demand.p99_ms is not None:
        return f"p99 was {demand.p99_ms:.3g} ms, target {service.spec.latency_target_ms:g}"
    return f"its requests need {needed_cores(demand):.2g} cores"


def verdict(demand: Demand) -> str:
    """What the service is to have now, in words."""
    words = ("others may use its cores while they are idle", "its cores are its own", "one core more is its own")
    level = words[demand.level] if demand.level < len(words) else f"{demand.level - 1} cores more are its own"
    return level + (f", and others are made weaker, step {demand.weakened}" if demand.weakened else "")


def _capacity(job: Job, level: int) -> float:
    return BORROWED_WORTH * job.needs_cores if level == 0 else job.needs_cores + level - 1


def _level(job: Job, cores: float) -> int:
    return next((level for level in range(_top(job)) if _capacity(job, level) >= cores), _top(job))


def _top(job: Job) -> int:
    return 1 + job.most_cores - job.needs_cores
