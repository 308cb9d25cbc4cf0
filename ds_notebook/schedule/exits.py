"""What becomes of a job whose attempt is over, and of those that wait for it."""

from __future__ import annotations

from typing import Any

from ds_notebook.schedule.admit import why_it_waits
from ds_notebook.schedule.events import Exited, ExitStatus
from ds_notebook.schedule.state import Job
from ds_notebook.schedule.turn import Turn

MOST_LOSSES = 3
"""A job that was lost with its machine so often is not tried again: it may be what brings the machine down."""


def after_exit(turn: Turn, job: Job, fact: Exited) -> None:
    """Done, or waiting for the next attempt; what it had is free."""
    status, reason = fact.status, fact.reason
    if fact.is_cut_short and job.state == "stopping" and job.then == "waiting":
        status = "stopped"  # its training was stopped for others, and its program ended as after a whole one
    if status == "succeeded":
        turn.change(job, "succeeded", reason)
    elif job.state == "stopping":
        _after_stop(turn, job, status)
    elif status == "stopped":
        _end(turn, job, "cancelled", reason or "stopped by its user")
    elif status == "failed":
        _after_failure(turn, job, reason or "failed")
    else:
        _after_loss(turn, job, status, reason)


def cancel_dependants(turn: Turn, ended: Job) -> None:
    """All that wait for `ended`, directly or not, which did not succeed."""
    waiting: dict[str, list[str]] = {}
    for job in turn.queue.open_jobs():
        for needed in job.spec.after:
            waiting.setdefault(needed, []).append(job.id)
    causes = [ended]
    for cause in causes:  # it grows; not a call each, as a chain of jobs may be a thousand long
        for job_id in waiting.get(cause.id, ()):
            job = turn.queue.jobs[job_id]
            if not job.is_done:
                reason = f"{cause.name} {_what_happened(cause)}, and {job.name} needs it"
                causes.append(turn.change(job, "cancelled", reason))


def _after_stop(turn: Turn, job: Job, status: ExitStatus) -> None:
    """It was asked to end: for good, or to go on later."""
    if job.then == "cancelled":
        _end(turn, job, "cancelled", job.reason)
    elif job.then == "failed":
        _after_failure(turn, job, job.reason)
    else:
        _wait_again(turn, job, "stopped for others, goes on later", keeps_progress=status == "stopped")


def _after_failure(turn: Turn, job: Job, reason: str) -> None:
    failures = job.failures + 1
    if failures <= job.spec.retries:
        words = f"{reason}; retry {failures} of {job.spec.retries} {why_it_waits(job.spec)}"
        _wait_again(turn, job, words, failures=failures)
    else:
        _end(turn, job, "failed", reason, failures=failures)


def _after_loss(turn: Turn, job: Job, status: ExitStatus, reason: str) -> None:
    losses = job.losses + (status == "lost")
    if losses > MOST_LOSSES:
        _end(turn, job, "failed", f"was lost {losses} times", losses=losses)
    else:
        never = reason or "had not begun when the scheduler ended"
        words = "was lost with its process" if status == "lost" else never
        _wait_again(turn, job, f"{words}; starts again", losses=losses)


def _wait_again(turn: Turn, job: Job, reason: str, *, keeps_progress: bool = False, **counts: Any) -> None:
    """`counts`: see fold.standing."""
    progress = turn.queue.seen(job.id).progress if keeps_progress else None
    turn.learn(job.id, saves=False, progress=progress, began_at=progress or 0.0, demand=None)
    turn.change(job, "waiting", reason, is_ready=True, then="waiting", **counts)


def _end(turn: Turn, job: Job, state: str, reason: str, **counts: Any) -> None:
    turn.change(job, state, reason, **counts)  # type: ignore[arg-type]  # one of JobState's words
    cancel_dependants(turn, turn.queue.jobs[job.id])


def _what_happened(job: Job) -> str:
    return "was cancelled" if job.state == "cancelled" else "failed"
