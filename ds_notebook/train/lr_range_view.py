"""A learning-rate range test as a scene: the suggested rate in words, the loss over the rates."""

from __future__ import annotations

import math

from ds_notebook.draw import Lines, Scene, Series, Text, min_max
from ds_notebook.record.events import AnyEvent, Metrics, Note, RunEnded, RunStarted
from ds_notebook.record.state import OVER, State
from ds_notebook.train.lr_range import Suggestion, suggestion

MAX_BUCKETS = 300


class LrRangeView:
    """Folds the metrics "loss" and "lr" of a run of the kind lr-range."""

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._ended: RunEnded | None = None
        self._rates: dict[int, float] = {}
        self._losses: dict[int, float] = {}
        self._notes: list[str] = []

    def add(self, event: AnyEvent) -> None:
        """Take in one event, in the order of the record."""
        match event:
            case RunStarted():
                self._started, self._ended = event, None
            case RunEnded():
                self._ended = event
            case Note():
                self._notes.append(event.text)
            case Metrics():
                for name, values in (("lr", self._rates), ("loss", self._losses)):
                    if name in event.values:
                        values.update(zip(event.steps, event.column(name), strict=True))

    def scene(self, state: State | None = None) -> Scene:
        """The scene; `state` is what the reader knows of the process, else what the events alone say."""
        if state is None:
            state = self._ended.status if self._ended else "running" if self._started else "queued"
        steps = sorted(step for step in self._losses if self._rates.get(step, 0.0) > 0)
        rates, losses = [self._rates[step] for step in steps], [self._losses[step] for step in steps]
        found = suggestion(rates, losses) if state in OVER else Suggestion(None, "")
        said = [self._ended.error if self._ended else "", found.sentence, *self._notes[-3:]]
        lines = list(filter(None, said))
        return Scene(
            title=self._title(state, len(steps), found),
            panels=[*([Text(lines=lines)] if lines else []), _panel(rates, losses, found)],
            commands=[] if state in OVER else ["pause", "resume", "stop"],
        )

    def _title(self, state: State, num_steps: int, found: Suggestion) -> str:
        name = self._started.name if self._started else "lr-range"
        if found.rate is not None:
            return f"{name}: {state}, try a learning rate of {found.rate:.2g}"
        if state in OVER:
            return f"{name}: {state}, no learning rate to suggest"
        total = self._started.total_steps if self._started else None
        return f"{name}: {state}, {num_steps} of {total} steps" if total else f"{name}: {state}, {num_steps} steps"


def _panel(rates: list[float], losses: list[float], found: Suggestion) -> Lines:
    x, y = min_max([math.log10(rate) for rate in rates], losses, MAX_BUCKETS)
    series = [Series(name="loss", x=x, y=y)]
    if (rate := found.rate) is not None:
        at = min(range(len(rates)), key=lambda step: abs(math.log10(rates[step] / rate)))
        series.append(
            Series(name=f"falls fastest ({rate:.2g})", x=[math.log10(rates[at])], y=[losses[at]], markers=True)
        )
    return Lines(heading="loss", series=series, x_label="log10 of the learning rate")
