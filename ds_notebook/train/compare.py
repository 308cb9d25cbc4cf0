"""Two or more training runs as one scene: which is better, in what they differ, their curves over each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from ds_notebook.draw import Envelope, Lines, Scene, Series, Table, Text
from ds_notebook.draw.ticks import number
from ds_notebook.errors import UsageError
from ds_notebook.options import in_words
from ds_notebook.record import Record
from ds_notebook.record.reader import Column
from ds_notebook.record.rows import DATA_WAIT
from ds_notebook.train.compare_words import Parting, parting, sentences, title
from ds_notebook.train.differences import (
    Compared,
    Standing,
    machine_differences,
    option_differences,
    shared_metrics,
    short,
    standing,
)
from ds_notebook.train.view import FEW_POINTS, MAX_PANELS

Cell = str | float | int | None

MAX_RUNS = 12
MAX_METRICS = 12
"""So many shared metrics are compared; the deciding one is among them."""
_MAX_LINES = 20
_MAX_POINTS = 1800
"""Of all curves together: 35 kB at most, unless there are gaps everywhere."""
_NOT_COMPARED = {DATA_WAIT, "epoch"}
_LAST = ("grad_norm", "lr", "samples_per_s")
"""What is looked at least comes last."""
_NO_BEST = {"lr", "grad_norm"}
"""Neither high nor low is good."""
_NO_CURVE = {"lr", "samples_per_s"}
_TABLE_METRICS = 5
"""Columns that fit beside the run's name on a line of a terminal."""


def compare(records: Sequence[Record], metric: str | None = None) -> Scene:
    """The comparison of 2 to 12 runs by `metric`, or by the one their options monitor, val_loss or loss.

    Raises UsageError for another number of runs, the same run twice, a run without metrics, and a metric that not all
    of them have.
    """
    if not 2 <= len(records) <= MAX_RUNS:
        raise UsageError(f"compare takes 2 to {MAX_RUNS} runs, got {len(records)}. Name each by its id or folder.")
    paths = [record.path.resolve() for record in records]
    if twice := [record.id for record, path in zip(records, paths, strict=True) if paths.count(path) > 1]:
        raise UsageError(f"Run {twice[0]} was named twice. Name two different runs.")
    labelled = zip(_labels(records), records, strict=True)
    return scene([Compared(label, each.state, each.started, each.columns()) for label, each in labelled], metric)


def scene(runs: Sequence[Compared], metric: str | None = None) -> Scene:
    """As `compare`, of runs that have been read."""
    deciding = _deciding(runs, metric)
    names = sorted(_choices(runs), key=lambda name: _rank(name, deciding))
    compared = names[:MAX_METRICS]
    standings = {name: [standing(name, run.columns[name]) for run in runs] for name in compared}
    partings = {name: parting(runs, name) for name in names}
    said = [*sentences(runs, deciding, standings[deciding], partings), *_left_out(runs, names, partings)]
    return Scene(
        title=title(runs, deciding, standings[deciding], partings),
        panels=[
            *_text("", said),
            *_text("Options", option_differences(runs) or ["All options are the same."]),
            *_text("Machine", machine_differences(runs)),
            *_curves(runs, [name for name in compared if name not in _NO_CURVE or name == deciding][:MAX_PANELS]),
            *_values(runs, standings),
            _steps({name: partings[name] for name in compared}, name_runs=len(runs) > 2),
        ],
    )


def _labels(records: Sequence[Record]) -> list[str]:
    """Names in which no two runs are alike: without the day where that is enough, with the folder where it is not."""
    spellings: list[Callable[[Record], str]] = [
        lambda record: re.sub(r"^\d{4}-\d\d-\d\d-", "", record.id),
        lambda record: record.id,
        lambda record: f"{record.path.parent.name}/{record.id}",
        lambda record: str(record.path),
    ]
    tried = (list(map(spell, records)) for spell in spellings)
    return next(labels for labels in tried if len(set(map(short, labels))) == len(records) or labels[0][:1] == "/")


def _deciding(runs: Sequence[Compared], metric: str | None) -> str:
    """The metric that says which run is better."""
    for run in runs:
        if not run.columns:
            raise UsageError(f"Run {run.label} has no metrics yet, so there is nothing to compare.")
    shared = _choices(runs)
    monitored = runs[0].started.config.get("monitor") if runs[0].started else None
    wanted = [metric] if metric is not None else [monitored, "val_loss", "loss"]
    if found := next((name for name in wanted if name in shared), None):
        return found
    what = f"Metric {metric!r} is not" if metric is not None else "Neither val_loss nor loss is"
    choices = sorted(map(short, shared))[:8]
    choice = f"Choose {in_words(choices, 'or')}." if choices else "They share none."
    raise UsageError(f"{what} in all of these runs. {choice}")


def _choices(runs: Sequence[Compared]) -> list[str]:
    return [name for name in shared_metrics(runs) if name not in _NOT_COMPARED]


def _rank(name: str, deciding: str) -> tuple[bool, int, bool]:
    """The deciding metric first, then loss, then what was validated."""
    return name != deciding, _LAST.index(name) + 1 if name in _LAST else -(name == "loss"), name[:4] != "val_"


def _left_out(runs: Sequence[Compared], names: Sequence[str], partings: Mapping[str, Parting]) -> Iterator[str]:
    """Metrics that the panels do not show, and those that cannot be compared at all."""
    if hidden := names[MAX_METRICS:]:
        differ = sum(partings[name].steps.first_step is not None for name in hidden)
        yield f"{len(hidden)} more metrics are left out, such as {short(hidden[0])}; {differ} of them differ."
    everywhere = {*names, *_NOT_COMPARED}
    apart = dict.fromkeys(short(name) for run in runs for name in run.columns if name not in everywhere)
    if apart:
        yield f"Not in all of these runs: {', '.join(list(apart)[:8])}{' and more' if len(apart) > 8 else ''}."


def _text(heading: str, lines: Sequence[str]) -> list[Text]:
    more = [f"and {len(lines) - _MAX_LINES} more"] if len(lines) > _MAX_LINES else []
    return [Text(heading=heading, lines=[*lines[:_MAX_LINES], *more])] if lines else []


def _curves(runs: Sequence[Compared], names: Sequence[str]) -> list[Lines]:
    """A panel a metric, a curve a run, all within `_MAX_POINTS`."""
    num_buckets = max(2, _MAX_POINTS // (len(runs) * len(names)) // 4 * 2)
    return [
        Lines(heading=short(name), series=[_curve(run.label, run.columns[name], num_buckets) for run in runs])
        for name in names
    ]


def _curve(label: str, column: Column, num_buckets: int) -> Series:
    steps, _, values = column
    curve = Envelope(num_buckets)
    curve.add(steps, values)
    return curve.series(label, markers=len(values) <= FEW_POINTS)


def _values(runs: Sequence[Compared], standings: Mapping[str, Sequence[Standing]]) -> list[Table]:
    """Last and best of each metric by run, a few metrics a table."""
    names = list(standings)
    tables = [names[start : start + _TABLE_METRICS] for start in range(0, len(names), _TABLE_METRICS)]
    return [
        Table(
            heading="Values",
            columns=["run", "value", *map(short, some)],
            rows=[row for at, run in enumerate(runs) for row in _rows(run.label, at, some, standings)],
        )
        for some in tables
    ]


def _rows(label: str, at: int, names: Sequence[str], standings: Mapping[str, Sequence[Standing]]) -> list[list[Cell]]:
    last = [_rounded(standings[name][at].last) for name in names]
    best = [None if name in _NO_BEST else _rounded(standings[name][at].best) for name in names]
    return [[label, "last", *last], [label, "best", *best]]


def _steps(partings: Mapping[str, Parting], *, name_runs: bool) -> Table:
    rows: list[list[Cell]] = []
    for name, (steps, label) in partings.items():
        if not steps.num_shared:
            rows.append([short(name), 0, "no shared step", None, ""])
        elif steps.first_step is None:
            rows.append([short(name), steps.num_shared, "yes", None, ""])
        else:
            a, b = steps.values
            verdict = f"no: {label}" if name_runs else "no"
            rows.append([short(name), steps.num_shared, verdict, steps.first_step, number(abs(a - b), 3)])
    columns = ["metric", "shared steps", "equal", "first difference at step", "by"]
    return Table(heading="Step by step", columns=columns, rows=rows)


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
