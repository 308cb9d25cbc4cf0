"""The scheduler as a function: queue, fact and time in; queue and instructions out. No clock, no chance, no files."""

from __future__ import annotations

import msgspec

from ds_notebook.schedule import forecast
from ds_notebook.schedule.admit import refusal, same_output, why_it_waits, wrong_after
from ds_notebook.schedule.balance import balance, release
from ds_notebook.schedule.events import (
    Adopted,
    AnyFact,
    AnyInstruction,
    Cancelled,
    ChildSeen,
    End,
    Exited,
    LatencyMeasured,
    Measured,
    Pause,
    Preempt,
    PriorityChanged,
    Resize,
    Started,
    Submitted,
    Ticked,
)
from ds_notebook.schedule.exits import after_exit, cancel_dependants
from ds_notebook.schedule.plan import Plan
from ds_notebook.schedule.policies import POLICIES
from ds_notebook.schedule.starting import start_jobs
from ds_notebook.schedule.state import Demand, Job, Queue
from ds_notebook.schedule.turn import Turn

PLAN_EVERY_S = 1.0
"""Ages, deadlines and quanta are looked at so often; what a fact changes, at once."""

SILENT_S = 1.0
"""A service of which nothing was measured for so long has had no requests."""


def step(queue: Queue, fact: AnyFact, now_s: float) -> tuple[Queue, list[AnyInstruction]]:
    """The queue after `fact`, and what is to be done, in that order; `queue` itself is not changed.

    `now_s` is Unix seconds by a clock that does not jump while the scheduler lives. Facts of attempts that are over,
    or of jobs that are not known, change nothing.
    """
    turn = Turn(queue, now_s)
    _take_in(turn, fact)
    if turn.instructions or _is_due(turn, fact):
        _plan(turn)
    return turn.queue, turn.instructions


def _take_in(turn: Turn, fact: AnyFact) -> None:
    match fact:
        case Submitted():
            _submit(turn, fact)
        case PriorityChanged() if job := _open(turn, fact.job):
            reason = f"{job.name} has priority {fact.priority} instead of {job.priority}"
            turn.decide("priority", job.id, "applied", reason, {"priority": fact.priority})
        case Cancelled() if job := _open(turn, fact.job):
            _cancel(turn, job)
        case Started() if (job := _attempt(turn, fact)) and job.state == "starting":
            turn.change(job, "running", job.reason)
        case Started() if (job := _attempt(turn, fact)) and job.state == "stopping":
            _adopt(turn, job)  # a scheduler may have died between its word and the order
        case Exited() if job := _attempt(turn, fact):
            after_exit(turn, job, fact)
            _ripen(turn, [each for each in turn.queue.open_jobs() if job.id in each.spec.after])
        case Adopted() if job := _attempt(turn, fact):
            _adopt(turn, job)
        case ChildSeen() if _open(turn, fact.job):
            turn.learn(fact.job, saves=True)
        case Measured() if _open(turn, fact.job):
            turn.learn(fact.job, metrics=fact.values, progress=fact.progress)
        case LatencyMeasured() if job := _open(turn, fact.job):
            _measure(turn, job, fact.p99_ms, fact.load)
        case Ticked():
            _tick(turn, fact.wall_s)


def _open(turn: Turn, job_id: str) -> Job | None:
    return turn.queue.jobs[job_id] if job_id in turn.queue.open else None


def _attempt(turn: Turn, fact: Started | Exited | Adopted) -> Job | None:
    """The job, if it is this attempt of it that is at work."""
    job = _open(turn, fact.job)
    return job if job and job.is_active and job.attempt == fact.attempt else None


def _submit(turn: Turn, fact: Submitted) -> None:
    fresh = list({spec.id: spec for spec in reversed(fact.jobs) if spec.id not in turn.queue.jobs}.values())[::-1]
    wrong = same_output(fresh, (job.spec for job in turn.queue.open_jobs())) | wrong_after(fresh, turn.queue.jobs)
    for spec in fresh:
        no = fact.refused.get(spec.id) or refusal(spec, turn.queue.machine) or wrong.get(spec.id, "")
        turn.decide("submit", spec.id, "refused" if no else "accepted", no, msgspec.to_builtins(spec))
    accepted = [turn.queue.jobs[spec.id] for spec in fresh if spec.id in turn.queue.open]
    for job in accepted:
        is_ready = _is_ready(turn.queue, job)
        turn.change(job, "waiting", _waits_for(turn.queue, job), is_new=True, is_ready=is_ready)
    _cancel_hopeless(turn, accepted)


def _cancel_hopeless(turn: Turn, jobs: list[Job]) -> None:
    """Those that wait for what has failed, or was cancelled."""
    ended = {each: turn.queue.jobs[each] for job in jobs for each in job.spec.after if each not in turn.queue.open}
    for job in ended.values():
        if job.state != "succeeded":
            cancel_dependants(turn, job)


def _is_ready(queue: Queue, job: Job) -> bool:
    spec = job.spec
    its_time = spec.not_before is None or (queue.wall_s is not None and queue.wall_s >= spec.not_before)
    return its_time and all(queue.jobs[each].state == "succeeded" for each in spec.after)


def _waits_for(queue: Queue, job: Job) -> str:
    """What a waiting job waits for, in words."""
    left = [queue.jobs[each] for each in job.spec.after if queue.jobs[each].state != "succeeded"]
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        return f"waits for {left[0].name}{more}"
    return why_it_waits(job.spec) if _is_ready(queue, job) else "waits for its time"


def _tick(turn: Turn, wall_s: float) -> None:
    is_first, turn.queue.wall_s = turn.queue.wall_s is None, wall_s
    jobs = turn.queue.open_jobs()
    if is_first:  # a scheduler that was killed may have said only a part of what it had decided
        _cancel_hopeless(turn, jobs)
    _ripen(turn, [job for job in jobs if is_first or job.spec.not_before is not None])
    _end_overdue(turn, jobs)
    for job in jobs:
        demand = turn.queue.seen(job.id).demand
        if demand and turn.now_s - demand.measured_s >= SILENT_S:  # no requests: its cores come back to the others
            _measure(turn, job, None, 0.0)


def _ripen(turn: Turn, jobs: list[Job]) -> None:
    """Of these, whose last dependency has succeeded, or whose time has come, waits for room alone from now on."""
    for job in jobs:
        if job.id in turn.queue.open and job.state == "waiting" and not job.is_ready:
            is_ready, reason = _is_ready(turn.queue, job), _waits_for(turn.queue, job)
            if is_ready or reason != job.reason:
                turn.change(job, "waiting", reason, is_ready=is_ready)


def _cancel(turn: Turn, job: Job) -> None:
    if job.state == "waiting":
        turn.change(job, "cancelled", "cancelled by its user")
        cancel_dependants(turn, turn.queue.jobs[job.id])
    elif job.then != "cancelled" or job.state != "stopping":
        turn.change(job, "stopping", "cancelled by its user", then="cancelled")
        turn.do(End(job=job.id, attempt=job.attempt, reason="cancelled by its user"))


def _adopt(turn: Turn, job: Job) -> None:
    """The scheduler was gone: what it had decided may not have been carried out, so it is asked for again."""
    if job.state == "stopping" and job.then == "waiting":
        turn.do(Preempt(job=job.id, attempt=job.attempt))
    elif job.state == "stopping":
        turn.do(End(job=job.id, attempt=job.attempt, reason=job.reason))
    elif job.state == "paused":
        turn.do(Pause(job=job.id, attempt=job.attempt))
    else:
        if job.state == "starting":
            turn.change(job, "running", job.reason)
        turn.do(Resize(job=job.id, attempt=job.attempt, placement=job.placement))


def _measure(turn: Turn, job: Job, p99_ms: float | None, load: float | None) -> None:
    if not POLICIES[turn.queue.policy].keeps_target(job):
        return
    before = turn.queue.seen(job.id).demand or Demand()
    demand = forecast.measured(before, job, p99_ms, load, turn.now_s)
    turn.learn(job.id, demand=demand)
    if demand.acted_s != before.acted_s:
        more = demand.level + demand.weakened > before.level + before.weakened
        reason = f"{forecast.cause(job, demand)}: {forecast.verdict(demand)}"
        evidence = {**msgspec.to_builtins(demand), "target_ms": job.spec.latency_target_ms}
        turn.decide("qos", job.id, "more" if more else "less", reason, evidence)


def _end_overdue(turn: Turn, jobs: list[Job]) -> None:
    for job in jobs:
        timeout_s = job.spec.timeout_s
        if timeout_s is not None and job.state == "running" and job.ran_s(turn.now_s) >= timeout_s:
            reason = f"ran longer than its {timeout_s:g} s"
            turn.change(job, "stopping", reason, then="failed")
            turn.do(End(job=job.id, attempt=job.attempt, reason=reason))


def _is_due(turn: Turn, fact: AnyFact) -> bool:
    """Whether who is to have what may have changed though no job did."""
    return isinstance(fact, Ticked) and turn.now_s - turn.queue.planned_s >= PLAN_EVERY_S


def _plan(turn: Turn) -> None:
    policy = POLICIES[turn.queue.policy]
    turn.queue.planned_s = turn.now_s
    plan = Plan(turn)
    release(plan, policy)
    start_jobs(plan, policy)
    balance(plan, policy)
    plan.carry_out()
