"""Latency targets first: a service has the cores that keep its target, the others have all that it leaves idle."""

from __future__ import annotations

from typing import Any

from ds_notebook.schedule.policies.priority import Priority
from ds_notebook.schedule.state import Job, Queue


class Qos(Priority):
    """As Priority for jobs without a target; those with one go before them, and `balance` follows their need."""

    def order(self, job: Job, queue: Queue, now_s: float) -> tuple[Any, ...]:
        return (not job.has_target, *super().order(job, queue, now_s))

    def keeps_target(self, job: Job) -> bool:
        return job.has_target and job.needs_cores > 0
