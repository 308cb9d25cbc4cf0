"""The words a run's record is written in: one tagged struct a kind of event, one JSON object a line."""

from __future__ import annotations

import math
import time
from itertools import chain
from typing import Any, Literal

import msgspec

EndStatus = Literal["finished", "interrupted", "stopped", "failed"]
Number = float | Literal["nan", "inf", "-inf"]
"""JSON has neither NaN nor the infinities: `float()` reads both kinds."""


class Event(msgspec.Struct, kw_only=True, tag_field="event", omit_defaults=True):
    """What happened, and when (`at`, Unix seconds by the writer's clock)."""

    at: float = msgspec.field(default_factory=time.time)


class RunStarted(Event, tag="run_started"):
    """First event of a run: what it is, and which process on which host produces it."""

    kind: str
    name: str
    host: str
    boot_id: str
    pid: int
    process_started: float
    """Start of the process in Unix seconds: with `pid` and `boot_id` it names the process for ever."""
    parent: str | None = None
    config: dict[str, Any] = {}  # any JSON: each kind of run has its own options
    host_facts: dict[str, Any] = {}  # any JSON: whatever `host` found
    tags: list[str] = []
    notes: str = ""
    total_steps: int | None = None
    first_step: int = 0
    """Where this producer goes on: what an earlier one recorded from there on is superseded."""
    version: str = ""


class RunEnded(Event, tag="run_ended"):
    """Last event of a run's producer."""

    status: EndStatus
    error: str = ""


class Metrics(Event, tag="metrics"):
    """A block of rows, one a step; every named column is as long as `steps`.

    `times_us` are microseconds after `at`. Columns hold numbers; NaN and the infinities,
    which JSON lacks, are written as the strings "nan", "inf" and "-inf".
    """

    steps: list[int]
    times_us: list[int]
    values: dict[str, list[Number]]

    def __post_init__(self) -> None:
        lengths = {len(self.steps), len(self.times_us), *map(len, self.values.values())}
        if len(lengths) > 1:
            raise ValueError("columns of different lengths")  # a damaged line: msgspec passes it over

    def column(self, name: str) -> list[float]:
        """The numbers of a column, NaN and infinities included; raises KeyError if there is none."""
        column = self.values[name]
        try:
            sum(column)  # type: ignore[arg-type]  # fails on the first string, in C
        except TypeError:
            return [float(value) for value in column]
        return column  # type: ignore[return-value]  # no strings in it

    def times(self) -> list[float]:
        """Unix seconds of each row."""
        return [self.at + us / 1e6 for us in self.times_us]


def json_numbers(values: list[float]) -> list[Number]:
    """`values` with NaN and the infinities as strings; the list itself when all are finite."""
    try:
        if math.isfinite(sum(values, 0.0)):
            return values  # type: ignore[return-value]  # a list is invariant, and copying it costs
    except OverflowError:  # an int that no float can hold
        pass
    return [_json_number(value) for value in values]


def _json_number(value: float) -> Number:
    try:
        return value if math.isfinite(value) else str(float(value))  # type: ignore[return-value]  # one of three
    except OverflowError:
        return "inf" if value > 0 else "-inf"


class Span(Event, tag="span"):
    """Work with a beginning (`at`) and a duration, on a lane of the time line."""

    name: str
    duration_s: float
    lane: str = "main"
    step: int | None = None


class Stacks(Event, tag="stacks"):
    """Weighted call stacks since the last such event of the lane: `frames` are interned names, a stack is indices
    into them, root first.

    A frame is `function (place:line)`: a file, or a cell as its user numbers it, and the line that was running.
    The lists beside `stacks` are as long as it, those that are known.
    """

    frames: list[str]
    stacks: list[list[int]]
    weights_s: list[float]
    """Seconds on the clock."""
    cpu_s: list[float] = []
    """Seconds of these in which the thread had a core."""
    disk_s: list[float] = []
    """Seconds of these in which it waited for a disk."""
    order: list[int] = []
    """The samples in time, as indices into `stacks`: `at` is when the first of them began."""
    gaps_s: list[float] = []
    """Seconds of each sample in `order`; they add up to `weights_s`."""
    lane: str = "main"

    def __post_init__(self) -> None:
        # a stranger's record: msgspec passes a line over whose indices name nothing
        if any(not 0 <= index < len(self.frames) for index in set(chain.from_iterable(self.stacks))):
            raise ValueError("a stack names a frame that is not there")
        if len(self.weights_s) != len(self.stacks) or any(not 0 <= index < len(self.stacks) for index in self.order):
            raise ValueError("weights or samples that belong to no stack")


class Usage(Event, tag="usage"):
    """What a device was doing: numbers by metric name, units in the names."""

    device: str
    values: dict[str, float]


class TensorSummary(Event, tag="tensor_summary"):
    """Moments and histogram of one tensor at one step."""

    tensor: str
    role: Literal["weight", "gradient", "activation", "update"]
    step: int
    moments: dict[str, Number]
    histogram: list[int] = []

    def __post_init__(self) -> None:
        self.moments = {
            name: value if isinstance(value, str) else _json_number(value) for name, value in self.moments.items()
        }


class JobChanged(Event, tag="job_changed"):
    """A job of the scheduler went from one state to another, and why."""

    job: str
    before: str
    after: str
    placement: dict[str, Any] = {}  # any JSON: cores, devices, shares
    reason: str = ""


class Finding(Event, tag="finding"):
    """Something worth fixing: where, on what evidence, with what gain."""

    code: str
    severity: Literal["info", "warning", "error"]
    where: str
    evidence: str
    advice: str
    fix: str = ""
    """Code to paste."""
    file: str = ""
    """Where it is, for a program that reads it: a file or cell, the line, the function it lies in."""
    line: int | None = None
    function: str = ""
    share_pct: float | None = None
    """Percent of the time that it concerns."""
    expected_gain_pct: float | None = None
    """How much faster the whole is expected to be: 130 is 2.3 times as fast."""
    measured_gain_pct: float | None = None
    """How much faster the whole was with the remedy; negative where it was slower."""


class Decision(Event, tag="decision"):
    """A choice made by a policy (a gate's verdict, a command's answer, a precision), with its evidence."""

    policy: str
    subject: str
    verdict: str
    reason: str = ""
    evidence: dict[str, Any] = {}  # any JSON: the numbers the choice rests on


class Artifact(Event, tag="artifact"):
    """A file of the run: `path` is relative to the run's folder and stays inside it."""

    kind: str
    path: str
    size_bytes: int
    sha256: str
    step: int | None = None


class Note(Event, tag="note"):
    """A sentence for the reader of the record."""

    level: Literal["info", "warning", "error"]
    text: str


def goes_back_to(event: Event) -> int | None:
    """The step from which on earlier rows no longer count: of a resumed run, or of one that was rolled back."""
    if isinstance(event, RunStarted):
        return event.first_step
    if isinstance(event, Decision) and event.policy == "rollback":
        step = event.evidence.get("step")
        return step if isinstance(step, int) else None
    return None


AnyEvent = (
    RunStarted
    | RunEnded
    | Metrics
    | Span
    | Stacks
    | Usage
    | TensorSummary
    | JobChanged
    | Finding
    | Decision
    | Artifact
    | Note
)
