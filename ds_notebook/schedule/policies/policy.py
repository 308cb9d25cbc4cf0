"""What a policy may decide. This plain one: first come, first served; nobody overtakes, nobody gives way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ds_notebook.schedule.state import Job, Queue

PRIORITY_AGES_S = 600.0
"""Each so many seconds of waiting count as one step of priority: in the end everybody is first."""


class Policy:
    """A variant overrides the hooks in which it differs; all are pure."""

    overtakes = False
    """Whether a job may start while one before it does not fit."""
    way: Literal["preempt", "pause"] = "preempt"
    """How a running job gives way: saves, stops and goes on later; or waits where it is."""

    def order(self, job: Job, queue: Queue, now_s: float) -> tuple[Any, ...]:  # anything that sorts
        """Who is lowest here goes first."""
        return (job.number,)

    def give_way(self, blocked: Job, queue: Queue, now_s: float) -> Sequence[Job]:
        """Running jobs that would make room for `blocked`, those to ask first at the front."""
        return ()

    def keeps_target(self, job: Job) -> bool:
        """Whether this service's cores follow what it needs: see `balance`."""
        return False


def aged_priority(job: Job, now_s: float) -> int:
    """The priority with a step for each `PRIORITY_AGES_S` that the job has waited; kept while it runs."""
    return job.priority + int(job.waited_s(now_s) / PRIORITY_AGES_S)
