"""First in, first out: in the order of submits, whatever the jobs are."""

from __future__ import annotations

from ds_notebook.schedule.policies.policy import Policy


class Fifo(Policy):
    """Priorities and deadlines count for nothing; a job that does not fit holds up all behind it."""
