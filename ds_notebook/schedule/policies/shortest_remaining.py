"""Shortest remaining first: the mean time from submit to end is least; each second of waiting counts as one less."""

from __future__ import annotations

from typing import Any

from ds_notebook.schedule.forecast import remaining_s
from ds_notebook.schedule.policies.policy import Policy, aged_priority
from ds_notebook.schedule.state import Job, Queue


class ShortestRemaining(Policy):
    """Within one priority. What remains is told by progress, else by the timeout, else it is taken for ten minutes."""

    overtakes = True

    def order(self, job: Job, queue: Queue, now_s: float) -> tuple[Any, ...]:
        left_s = remaining_s(job, queue, now_s) - job.waited_s(now_s)
        return (-aged_priority(job, now_s), left_s, job.number)
