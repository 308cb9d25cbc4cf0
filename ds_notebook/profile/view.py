"""A profile as a scene: the answer, the findings, where the time went and when."""

from __future__ import annotations

from ds_notebook.draw import Scene, Text
from ds_notebook.draw.shapes import AnyShape
from ds_notebook.draw.ticks import number, seconds
from ds_notebook.profile.answer import answer, finding_table, fixes, further, hottest_table
from ds_notebook.profile.course import Course
from ds_notebook.profile.flame import flame_of
from ds_notebook.profile.hottest import hottest
from ds_notebook.profile.merged import Merged
from ds_notebook.profile.timeline import Did, Doings, time_line
from ds_notebook.record.events import AnyEvent, Decision, Finding, Note, RunEnded, RunStarted, Stacks
from ds_notebook.record.state import State

MOST_NOTES = 4


class ProfileView:
    """Folds a profile's events as they come, in bounded memory, and that into a bounded scene."""

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._ended: RunEnded | None = None
        self._findings: dict[tuple[str, str], Finding] = {}
        self._notes: dict[str, None] = {}
        self._is_judged = True
        self._how = ""
        self._merged = Merged()
        self._courses: dict[str, Course] = {}
        self._in_time = False
        self._doings = Doings()

    def add(self, event: AnyEvent) -> None:
        """Take in one event, in the order of the record."""
        match event:
            case Stacks():
                self._add_stacks(event)
            case Finding():
                self._findings[event.code, event.where] = event  # one with its measured gain comes later
            case Note():
                self._notes[event.text] = None
                self._is_judged &= event.level != "error"
            case Decision(policy="capture"):
                self._how = event.verdict
            case RunStarted():
                self._started, self._ended = event, None
            case RunEnded():
                self._ended = event

    def _add_stacks(self, event: Stacks) -> None:
        paths, fresh = self._merged.add(event)
        for path, weight in fresh:  # whether a thread was idle is told by the first event that has the path
            frames = [self._merged.frames[number] for number in path]
            self._doings.add(Did.of(frames, [self._merged.labels[number] for number in path], weight))
        course = self._courses.setdefault(event.lane, Course(event.at))
        doings = self._doings.of(paths)
        if event.order and event.gaps_s:
            self._in_time = True
            course.add_samples(event.at, doings, event.order, event.gaps_s)
        else:
            course.add_samples(event.at, doings, range(len(doings)), event.weights_s)

    def scene(self, state: State | None = None) -> Scene:
        """The scene; `state` is what the reader knows of the process, else what the events alone say."""
        if state is None:
            state = self._ended.status if self._ended else "running" if self._started else "queued"
        wall_s = self._merged.wall_s
        findings = sorted(self._findings.values(), key=lambda each: -(each.expected_gain_pct or 0.0))
        lanes = self._merged.lanes()
        hot = hottest(self._merged, lanes[0]) if lanes else []
        panels: list[AnyShape | None] = [
            Text(
                lines=[
                    *self._error(),
                    answer(findings, hot, wall_s, state, is_judged=self._is_judged),
                    *self._last_notes(),
                ]
            ),
            *finding_table(findings),
            *further(findings),
            *fixes(findings),
            flame_of(self._merged),
            *hottest_table(hot, wall_s),
            *time_line({lane: self._courses[lane] for lane in lanes}, self._doings, in_time=self._in_time),
        ]
        return Scene(
            title=self._title(state, wall_s),
            panels=[panel for panel in panels if panel is not None],
        )

    # -- in words

    def _title(self, state: State, wall_s: float) -> str:
        name = self._started.name if self._started else "run"
        rate_hz = self._started.config.get("rate_hz") if self._started else None
        rate = f" at {number(rate_hz)} Hz" if isinstance(rate_hz, int | float) else ""
        how = f" by {self._how}" if self._how else ""
        return f"profile of {name}: {state}, {seconds(wall_s)}{rate}{how}"

    def _error(self) -> list[str]:
        return [self._ended.error] if self._ended and self._ended.error else []

    def _last_notes(self) -> list[str]:
        return list(self._notes)[-MOST_NOTES:]
