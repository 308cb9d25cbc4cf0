"""A part of a run's steps: what of an event lies in it."""

from __future__ import annotations

from typing import NamedTuple

from ds_notebook.errors import UsageError
from ds_notebook.record.events import AnyEvent, Metrics


class Window(NamedTuple):
    """Steps from `first` to `last`, both among them; None leaves an end open."""

    first: int | None
    last: int | None

    def has(self, step: int) -> bool:
        """Whether `step` lies in the window."""
        return (self.first is None or step >= self.first) and (self.last is None or step <= self.last)


def window_of(first: int | None, last: int | None) -> Window | None:
    """The window asked for, None for all steps; raises UsageError where it ends before it begins."""
    if first is None and last is None:
        return None
    if first is not None and last is not None and first > last:
        raise UsageError(f"The window ends at step {last}, before it begins at step {first}: exchange them.")
    return Window(first, last)


def trimmed(event: AnyEvent, window: Window) -> AnyEvent | None:
    """`event` with the rows that lie in the window; None if it had rows and none does."""
    if not isinstance(event, Metrics):
        return event
    rows = [row for row, step in enumerate(event.steps) if window.has(step)]
    if len(rows) == len(event.steps):
        return event
    if not rows:
        return None
    return Metrics(
        at=event.at,
        steps=[event.steps[row] for row in rows],
        times_us=[event.times_us[row] for row in rows],
        values={name: [values[row] for row in rows] for name, values in event.values.items()},
    )
