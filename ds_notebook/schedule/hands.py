"""What the core wants done, done: through commands to the job's wrapper and runs, and through levers on its threads."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ds_notebook.record import commands
from ds_notebook.record.events import Decision
from ds_notebook.schedule import levers
from ds_notebook.schedule.attempts import Attempts, Live
from ds_notebook.schedule.events import AnyInstruction, End, Pause, Preempt, Resize, Resume, Start
from ds_notebook.schedule.leaving import Leaving
from ds_notebook.schedule.observer import Observer
from ds_notebook.schedule.state import Placement
from ds_notebook.schedule.tree import descendants

PAUSE_S = 10.0
"""A training may take so long to come to the end of its step and pause; then it is stopped where it is."""
WEIGH_S = 2.0
"""How often it is looked for sessions that weak jobs began since."""


class Hands:
    """Carries out one instruction after another; each may come again, and then changes nothing."""

    def __init__(self, attempts: Attempts, observer: Observer) -> None:
        self._attempts = attempts
        self._observer = observer
        self._placed: dict[str, Placement] = {}
        self._refused: set[tuple[str, str]] = set()
        self._leaving: dict[str, Leaving] = {}
        self._pausing: dict[str, tuple[Live, float]] = {}
        """Whose trainings were asked to pause, and until when that may take."""
        self._later: dict[str, tuple[Live, Placement]] = {}
        self._next_weighing_s = 0.0

    def do(self, instruction: AnyInstruction) -> list[Decision]:
        """Do it; what this machine does not let us do is said, once a job."""
        match instruction:
            case Start():
                self._placed[instruction.spec.id] = instruction.placement
                self._attempts.start(instruction.spec, instruction.attempt, instruction.placement)
            case Resize(job=job, attempt=attempt, placement=placement) if live := self._attempts.get(job, attempt):
                return self._resize(live, placement)
            case Pause(job=job, attempt=attempt) if live := self._attempts.get(job, attempt):
                if levers.tell(self._observer.children(job), commands.Pause()):
                    self._pausing[job] = live, time.monotonic() + PAUSE_S
                else:
                    live.order(commands.Pause())
            case Resume(job=job, attempt=attempt, placement=placement) if live := self._attempts.get(job, attempt):
                self._pausing.pop(job, None)
                levers.tell(self._observer.children(job), commands.Resume())
                live.order(commands.Resume())
                return self._resize(live, placement)
            case Preempt(job=job, attempt=attempt) if live := self._attempts.get(job, attempt):
                if job not in self._leaving:
                    self._leaving[job] = Leaving(live, self._observer.children(job))
            case End(job=job, attempt=attempt) if live := self._attempts.get(job, attempt):
                live.order(commands.Stop())
        return []

    def go_on(self) -> list[Decision]:
        """With what takes longer than one call: who was asked to pause or to stop, or was changed before it ran."""
        at_work = {live.job: live for live in self._attempts}
        self._placed = {job: placement for job, placement in self._placed.items() if job in at_work}
        for job, leaving in list(self._leaving.items()):
            if job not in at_work or not leaving.look():
                del self._leaving[job]
        self._stop_what_does_not_pause(at_work)
        self._weigh_sessions()
        waiting, self._later = self._later, {}
        return [
            said
            for job, (live, placement) in waiting.items()
            if at_work.get(job) is live
            for said in self._resize(live, placement)
        ]

    def _stop_what_does_not_pause(self, at_work: Mapping[str, Live]) -> None:
        for job, (live, until_s) in list(self._pausing.items()):
            if at_work.get(job) is not live:
                del self._pausing[job]
            elif time.monotonic() >= until_s:
                del self._pausing[job]
                if any(child.state == "running" for child in self._observer.children(job)):
                    live.order(commands.Pause())

    def _weigh_sessions(self) -> None:
        """What a weak job began since as a session of its own, a notebook's kernel for one, is as strong as any."""
        if time.monotonic() < self._next_weighing_s:
            return
        self._next_weighing_s = time.monotonic() + WEIGH_S
        for live in self._attempts:
            placement = self._placed.get(live.job)
            if placement and placement.nice and live.pid is not None:
                levers.set_sessions_nice(descendants(live.pid), placement.nice)

    def _resize(self, live: Live, placement: Placement) -> list[Decision]:
        before = self._placed.get(live.job, Placement(threads=0))
        if live.pid is None or not live.has_started:
            self._later[live.job] = live, placement  # its program is on its way, and begins as it was placed at first
            return []
        self._placed[live.job] = placement
        refused = {}
        if placement.affinity and placement.affinity != before.affinity:
            refused["cores"] = levers.set_cores(live.pid, placement.affinity)
        if placement.nice != before.nice:
            refused["nice"] = levers.set_nice(live.pid, placement.nice)
        if placement.threads != before.threads:
            levers.set_threads(self._observer.children(live.job), placement.threads)
        return [
            self._say(live.job, lever, why) for lever, why in refused.items() if why and self._is_new(live.job, lever)
        ]

    def _is_new(self, job: str, lever: str) -> bool:
        known = (job, lever) in self._refused
        self._refused.add((job, lever))
        return not known

    def _say(self, job: str, lever: str, why: str) -> Decision:
        return Decision(policy="lever", subject=job, verdict="refused", reason=why, evidence={"lever": lever})
