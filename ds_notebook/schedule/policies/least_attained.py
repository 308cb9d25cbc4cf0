"""Least attained service (as Tiresias, NSDI'19): whoever had the fewest core seconds goes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from ds_notebook.schedule.policies.policy import Policy, aged_priority
from ds_notebook.schedule.state import Job, Queue

QUANTUM_S = 60.0
"""A job runs so long before it is paused, and only for one that has had so many core seconds less."""


class LeastAttained(Policy):
    """Nothing need be known of how long a job takes: long ones are paused for others.

    Services are not, nor are jobs with a GPU, whose memory would stay taken.
    """

    overtakes = True
    way: Literal["preempt", "pause"] = "pause"

    def order(self, job: Job, queue: Queue, now_s: float) -> tuple[Any, ...]:
        return (-aged_priority(job, now_s), _attained_s(job, now_s), job.number)

    def give_way(self, blocked: Job, queue: Queue, now_s: float) -> Sequence[Job]:
        able = [
            job
            for job in queue.open_jobs()
            if job.state == "running"
            and job.spec.kind != "service"
            and not job.spec.gpus
            and aged_priority(job, now_s) <= aged_priority(blocked, now_s)
            and now_s - job.since_s >= QUANTUM_S
            and _attained_s(job, now_s) >= _attained_s(blocked, now_s) + QUANTUM_S
        ]
        return sorted(able, key=lambda job: (-_attained_s(job, now_s), job.number))


def _attained_s(job: Job, now_s: float) -> float:
    """Core seconds had, less one for each second waited: a paused job comes back in the end."""
    return job.attained_s(now_s) - job.waited_s(now_s)
