"""Priority with backfill: the urgent go first, the small fill the gaps, the old become urgent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ds_notebook.schedule.forecast import remaining_s
from ds_notebook.schedule.policies.policy import Policy, aged_priority
from ds_notebook.schedule.state import Job, Queue

LEAST_RUN_S = 30.0
"""A job that was started is left alone so long: starting and saving cost time, too."""


class Priority(Policy):
    """Within one priority: first whose deadline is in danger, then by submit.

    A job of lower priority saves and stops for a higher one, if its code can save (see `Known.saves`).
    """

    overtakes = True

    def order(self, job: Job, queue: Queue, now_s: float) -> tuple[Any, ...]:
        return (-aged_priority(job, now_s), _pressing_deadline(job, queue, now_s), job.number)

    def give_way(self, blocked: Job, queue: Queue, now_s: float) -> Sequence[Job]:
        able = [
            job
            for job in queue.open_jobs()
            if job.state == "running"
            and queue.seen(job.id).saves
            and job.priority < blocked.priority
            and aged_priority(job, now_s) < aged_priority(blocked, now_s)
            and job.ran_s(now_s) >= LEAST_RUN_S
        ]
        return sorted(able, key=lambda job: (aged_priority(job, now_s), -job.number))


def _pressing_deadline(job: Job, queue: Queue, now_s: float) -> float:
    """The deadline where the job must start soon to meet it, else never."""
    if job.spec.deadline is None or queue.wall_s is None:
        return math.inf
    must_start = job.spec.deadline - 2 * remaining_s(job, queue, now_s)
    return job.spec.deadline if queue.wall_s >= must_start else math.inf
