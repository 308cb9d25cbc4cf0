"""Who was on which core and GPU, and when: the time line of the queue's view."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ds_notebook.draw import Block, Timeline
from ds_notebook.schedule.state import Job, Queue

MOST_KEPT = 3000
MOST_DRAWN = 110
"""Blocks of a picture; narrower ones are drawn together with their neighbours."""
_AT_WORK = ("starting", "running", "stopping")


class _Stay(NamedTuple):
    lane: str
    start: float
    end: float
    label: str
    kind: str


class Lanes:
    """Folds changes of jobs; times are seconds since the picture's beginning."""

    def __init__(self) -> None:
        self._over: deque[_Stay] = deque(maxlen=MOST_KEPT)
        self._now: dict[str, dict[str, float]] = {}
        """By job: its lanes, and since when."""

    def change(self, job: Job, at: float) -> None:
        """Take in where the job is from `at` on."""
        before = self._now.pop(job.id, {})
        lanes = _lanes(job) if job.state in _AT_WORK else []
        if lanes:
            self._now[job.id] = {lane: before.get(lane, at) for lane in lanes}
        for lane in before.keys() - set(lanes):
            self._over.append(_Stay(lane, before[lane], at, job.name, job.spec.kind))

    def shape(self, queue: Queue, now: float) -> Timeline | None:
        """The time line up to `now`; None where nothing ran."""
        stays = list(self._over)
        for job_id, since in self._now.items():
            job = queue.jobs[job_id]
            stays += [_Stay(lane, start, max(now, start), job.name, job.spec.kind) for lane, start in since.items()]
        if not stays:
            return None
        lanes = sorted({stay.lane for stay in stays}, key=_in_order)
        span = max(stay.end for stay in stays) - min(stay.start for stay in stays)
        narrow = span * len(lanes) / MOST_DRAWN
        drawn = [stay for lane in lanes for stay in _joined([each for each in stays if each.lane == lane], narrow)]
        latest = sorted(drawn, key=lambda stay: -stay.end)[: 2 * MOST_DRAWN]
        return Timeline(heading="cores", lanes=lanes, blocks=[_block(stay) for stay in sorted(latest)])


def _lanes(job: Job) -> list[str]:
    """A service may run on any core; on the time line it is on its own."""
    lent = [] if job.has_target else job.placement.borrowed
    return [
        *(f"core {core}" for core in job.placement.cores),
        *(f"core {core}, lent" for core in lent),
        *(f"GPU {gpu}" for gpu in job.placement.gpus),
    ]


def _in_order(lane: str) -> tuple[bool, int, str]:
    word, number, *_ = lane.replace(",", "").split()
    return word == "GPU", int(number), lane


def _joined(stays: list[_Stay], narrow: float) -> list[_Stay]:
    """The stays of a lane, those narrower than `narrow` and close to one another as one."""
    joined: list[_Stay] = []
    counts: list[int] = []
    for stay in sorted(stays, key=lambda each: each.start):
        last = joined[-1] if joined else None
        if (
            last
            and stay.end - stay.start < narrow
            and last.end - last.start < narrow
            and stay.start - last.end < narrow
        ):
            counts[-1] += 1
            kind = last.kind if last.kind == stay.kind else "several"
            joined[-1] = _Stay(last.lane, last.start, max(last.end, stay.end), f"{counts[-1]} jobs", kind)
        else:
            joined.append(stay)
            counts.append(1)
    return joined


def _block(stay: _Stay) -> Block:
    return Block(
        lane=stay.lane, start=round(stay.start, 2), end=round(stay.end, 2), label=stay.label[:40], kind=stay.kind
    )
