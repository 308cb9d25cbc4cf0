"""A run that is trained once more: with the options in its record, and by the function that set it up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ds_notebook import start
from ds_notebook.errors import UsageError
from ds_notebook.options import from_builtins, given_options
from ds_notebook.record import Record
from ds_notebook.record.events import Decision
from ds_notebook.record.run import Run
from ds_notebook.train.config import TrainConfig

AGAIN_HELP = "take the options of this run from its record; those given here go before"
_SETUP = "setup"
_OF_THAT_DAY = ("resume", "background")
"""Options that say how that one run began and was waited for, not how it trained."""


def config_again(record: Record, changes: Mapping[str, Any]) -> TrainConfig:
    """The options of a trained run, those in `changes` put in their place.

    Raises UsageError for a run that the trainer did not train.
    """
    started = record.started
    if started is None or started.kind not in ("train", "lr-range"):
        kind = f"is a run of kind {started.kind!r}" if started else "never started"
        raise UsageError(f"Run {record.id} {kind}: only what ds_train, `ds train` or the Trainer trained has options.")
    left_out: tuple[str, ...] = _OF_THAT_DAY
    if changes.get("lr_range_test", started.config.get("lr_range_test")):
        left_out = (*left_out, "gate")
    saved = {name: value for name, value in started.config.items() if name not in left_out}
    return from_builtins(TrainConfig, {**saved, **given_options(TrainConfig, changes)})


def source_again(record: Record) -> str:
    """The FILE.py:FUNCTION that set the run up; raises UsageError where a notebook or a program of its own did."""
    for decision in record.decisions:
        if decision.policy == _SETUP:
            return decision.subject
    raise UsageError(
        f"Run {record.id} was not set up by `ds train`: name the function that makes its model and data, "
        f"as in: ds train --again {record.id} train.py:setup."
    )


@contextmanager
def kept_source(source: str) -> Iterator[None]:
    """Runs that start meanwhile keep what set them up."""

    def keep(run: Run) -> None:
        run.emit(Decision(policy=_SETUP, subject=source, verdict="called"))

    start.announce.append(keep)
    try:
        yield
    finally:
        start.announce.remove(keep)
