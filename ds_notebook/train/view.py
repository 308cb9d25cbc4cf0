"""A training run, ours or a loop of your own, as a scene: its state in words, the curves, the last numbers."""

from __future__ import annotations

from collections.abc import Iterable

from ds_notebook.draw import Envelope, Lines, Scene, Table, Text
from ds_notebook.draw.shapes import AnyShape
from ds_notebook.record.events import (
    AnyEvent,
    Decision,
    Metrics,
    Note,
    RunEnded,
    RunStarted,
    goes_back_to,
)
from ds_notebook.record.rows import DATA_WAIT
from ds_notebook.record.state import OVER, State

MAX_PANELS = 6
CURVE_BUCKETS = 300
"""Extremes are kept for each so many-th part of a curve: a pixel of a panel, and a scene of some tens of kB."""
FEW_POINTS = 40
"""A curve with so few points shows each of them."""
SAID = ("resume", "rollback", "precision", "micro-batch")
"""Policies whose choices are said above the curves, in this order."""
_IN_TITLE = {DATA_WAIT, "epoch"}
"""Columns that the title and the sentences tell."""


class TrainingView:
    """Folds a run's events, as they come or all at once, into a bounded summary, and that into a scene.

    The scene of a live run, of its saved notebook and of the record opened next year is the same.
    """

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._ended: RunEnded | None = None
        self._curves: dict[str, Envelope] = {}
        self._last: dict[str, float] = {}
        self._num_points: dict[str, int] = {}
        self._notes: dict[str, Note] = {}
        self._gates: dict[str, Decision] = {}
        self._choices: dict[str, str] = {}
        self._repeating: set[str] = set()
        self._last_at = 0.0
        self._last_step = -1
        self._wait_s = 0.0
        self._num_waits = 0
        self._first_wait_at = 0.0
        self._last_wait_at = 0.0

    def add(self, event: AnyEvent) -> None:
        """Take in one event, in the order of the record."""
        self._last_at = max(self._last_at, event.at)
        if (step := goes_back_to(event)) is not None:
            self._go_back(step)
        match event:
            case RunStarted():
                self._started, self._ended = event, None
                self._choices.pop("resume", None)  # what it says of this start comes next
            case RunEnded():
                self._ended = event
            case Metrics():
                self._add_rows(event)
            case Note():
                self._notes[event.text] = event
            case Decision(policy="gate"):
                self._gates[event.subject] = event
            case Decision(policy=policy) if policy in SAID:
                self._choices[policy] = event.reason

    def _go_back(self, step: int) -> None:
        """A resumed run, or one that was rolled back, draws these steps anew."""
        self._repeating = set(self._curves)
        self._num_waits, self._wait_s = 0, 0.0  # the time in which nobody trained is no step's
        self._last_step = min(self._last_step, step - 1)
        for curve in self._curves.values():
            curve.cut(step)

    def _add_rows(self, block: Metrics) -> None:
        self._last_step = max(self._last_step, block.steps[-1])
        for name in self._repeating.intersection(block.values):
            self._repeating.remove(name)
            self._curves[name].cut(block.steps[0])
        for name in block.values:
            values = block.column(name)
            if name == DATA_WAIT:
                self._add_waits(block, values)
            elif name not in _IN_TITLE:
                self._curves.setdefault(name, Envelope(CURVE_BUCKETS)).add(block.steps, values)
            self._last[name] = values[-1]
            self._num_points[name] = self._num_points.get(name, 0) + len(values)

    def _add_waits(self, block: Metrics, waits_s: list[float]) -> None:
        if self._num_waits == 0:
            self._first_wait_at = block.at
        self._num_waits += len(waits_s)
        self._wait_s += sum(waits_s)
        self._last_wait_at = block.at + block.times_us[-1] / 1e6

    def scene(self, state: State | None = None) -> Scene:
        """The scene; `state` is what the reader knows of the process, else what the events alone say."""
        if state is None:
            state = self._ended.status if self._ended else "running" if self._started else "queued"
        live = state not in OVER
        return Scene(
            title=self._title(state),
            panels=[*self._said(), *self._panels()],
            commands=["pause", "resume", "stop", "save", "set"] if live else [],
        )

    # -- in words

    def _title(self, state: State) -> str:
        name = self._started.name if self._started else "run"
        words = [state, *self._progress(state)]
        if any(gate.verdict == "failed" for gate in self._gates.values()):
            words.append("gate failed")
        elif self._gates:
            words.append("gate passed")
        return f"{name}: {', '.join(words)}"

    def _progress(self, state: State) -> list[str]:
        started = self._started
        if started is None:
            return []
        words = []
        epochs = started.config.get("epochs")
        if epoch := self._last.get("epoch"):
            words.append(f"epoch {int(epoch)} of {epochs}" if epochs else f"epoch {int(epoch)}")
        elif self._last_step >= 0:
            total = started.total_steps
            words.append(f"{self._last_step + 1} of {total} steps" if total else f"step {self._last_step}")
        elapsed_s = (self._ended.at if self._ended else self._last_at) - started.at
        if state in OVER:
            words.append(f"after {duration(elapsed_s)}")
        elif started.total_steps and self._last_step > 0:
            left, done = started.total_steps - self._last_step - 1, self._last_step + 1 - started.first_step
            if done > 0:
                words.append(f"{duration(elapsed_s * left / done)} left")
        return words

    def _said(self) -> list[Text]:
        lines = []
        if self._ended and self._ended.error:
            lines.append(self._ended.error)
        lines += [self._choices[policy] for policy in SAID if policy in self._choices]
        lines += [gate.reason for gate in self._gates.values()]
        lines += list(self._notes)[-3:]
        if wait := self._wait_sentence():
            lines.append(wait)
        return [Text(lines=lines)] if lines else []

    def _wait_sentence(self) -> str:
        span_s = self._last_wait_at - self._first_wait_at
        if self._num_waits < 3 or span_s <= 0:
            return ""
        share, step_ms = self._wait_s / span_s, 1e3 * span_s / self._num_waits
        return f"{share:.0%} of the time was spent waiting for data; a step took {step_ms:.3g} ms."

    # -- in pictures

    def _panels(self) -> list[AnyShape]:
        """One panel a quantity: `loss` and `val_loss` share theirs; loss first, the norm and the rate last."""
        groups: dict[str, list[str]] = {}
        for name in filter(self._is_worth_drawing, self._curves):
            groups.setdefault(name.removeprefix("val_").removeprefix("train_"), []).append(name)
        order = sorted(groups, key=lambda group: _LAST.index(group) if group in _LAST else -1 - (group == "loss"))
        drawn = order[:MAX_PANELS]
        rest = [name for name in self._curves if not any(name in groups[group] for group in drawn)]
        return [*(self._lines(group, groups[group]) for group in drawn), *self._table(rest)]

    def _is_worth_drawing(self, name: str) -> bool:
        """A speed is a number, not a curve; so are a rate that stays what it is, and all of a run of one step."""
        if self._ended and max(self._num_points.values()) == 1:
            return False
        if name == "lr":
            return len(set(self._curves[name].series(name).y)) > 1
        return name != "samples_per_s"

    def _lines(self, heading: str, names: list[str]) -> Lines:
        return Lines(
            heading=heading,
            series=[self._curves[name].series(name, markers=self._num_points[name] <= FEW_POINTS) for name in names],
        )

    def _table(self, names: list[str]) -> list[Table]:
        rows: list[list[str | float | int | None]] = [[name, float(f"{self._last[name]:.6g}")] for name in names]
        return [Table(columns=["metric", "last"], rows=rows)] if rows else []


_LAST = ("grad_norm", "lr")


def duration(seconds: float) -> str:
    """A time as a person says it: 4.2 s, 1 min 10 s, 3 h 5 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest_s} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest_s} s"


def scene(events: Iterable[AnyEvent], state: State | None = None) -> Scene:
    """The scene of a run's events."""
    view = TrainingView()
    for event in events:
        view.add(event)
    return view.scene(state)
