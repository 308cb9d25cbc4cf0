"""Two profiles as one scene: which functions grew and which shrank, and where in the second's flame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ds_notebook.draw import Scene, Table, Text
from ds_notebook.draw.ticks import seconds
from ds_notebook.errors import UsageError
from ds_notebook.profile.flame import Names, flame_from, seconds_by_names
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Merged
from ds_notebook.profile.places import is_users
from ds_notebook.profile.places import label as place_label
from ds_notebook.record import Record
from ds_notebook.record.events import Stacks

MOST_ROWS = 20
SAME_WITHIN = 0.01
"""Of the longer one's time: less is no change, and is not said."""
MOST_BYTES = 40_000


class Timed(NamedTuple):
    """A profile as it is compared: seconds by path of functions."""

    label: str
    weights: dict[Names, float]
    wall_s: float


class Change(NamedTuple):
    """A function's own seconds, without what it calls, in both."""

    name: str
    before_s: float
    after_s: float

    @property
    def grown_s(self) -> float:
        """Negative where it shrank."""
        return self.after_s - self.before_s


def compare(records: Sequence[Record], metric: str | None = None) -> Scene:
    """The second profile against the first, by time on the clock.

    Raises UsageError for another number of runs, for one that is no profile or has no samples, and for a metric.
    """
    if len(records) != 2:
        raise UsageError(f"Two profiles are compared at a time, got {len(records)}. Name the earlier one first.")
    if metric is not None:
        raise UsageError(f"Profiles are compared by their time, not by {metric!r}. Leave metric out.")
    before, after = (_timed(record, label) for record, label in zip(records, _labels(records), strict=True))
    return scene(before, after)


def scene(before: Timed, after: Timed) -> Scene:
    """As `compare`, of profiles that have been read."""
    least = SAME_WITHIN * max(before.wall_s, after.wall_s)
    changes = [change for change in _changes(before, after) if abs(change.grown_s) >= least]
    flame = flame_from(
        after.weights,
        f"{after.label}, with what changed by more than {seconds(least)} since {before.label}",
        MOST_BYTES,
        _Renamed(before, after, least),
    )
    said = Text(lines=list(_sentences(before, after, changes, least)))
    return Scene(title=_title(before, after), panels=[said, *_table(changes), *([flame] if flame else [])])


def _timed(record: Record, label: str) -> Timed:
    merged = Merged()
    for event in record.events():
        if isinstance(event, Stacks):
            merged.add(event)
    if merged.wall_s <= 0:
        raise UsageError(f"Run {record.id} has no samples to compare. Name two profiles, such as `ds profile` makes.")
    return Timed(label, seconds_by_names(merged, _lasting), merged.wall_s)


def _lasting(frame: Frame) -> str:
    """A name that an edited cell, which has another number, or a copied file keeps."""
    if not is_users(frame.place):
        return place_label(frame)
    return f"{'top level' if frame.function == '<module>' else frame.function} (your code)"


def _labels(records: Sequence[Record]) -> list[str]:
    """Each run's name and the two words of its id."""
    names = [record.started.name if record.started else "run" for record in records]
    words = [re.sub(r"^\d{4}-\d\d-\d\d-", "", record.id) for record in records]
    return words if len(set(names)) < len(names) else names


def _changes(before: Timed, after: Timed) -> list[Change]:
    """Every function's, the largest change first."""
    own_before, own_after = _own(before), _own(after)
    changes = [
        Change(name, own_before.get(name, 0.0), own_after.get(name, 0.0)) for name in {**own_before, **own_after}
    ]
    return sorted(changes, key=lambda change: (-abs(change.grown_s), change.name))


def _own(profile: Timed) -> dict[str, float]:
    sums: dict[str, float] = {}
    for path, spent in profile.weights.items():
        if path:
            sums[path[-1]] = sums.get(path[-1], 0.0) + spent
    return sums


class _Renamed:
    """A box's words: its name, and how much its time has changed where that is worth saying."""

    def __init__(self, before: Timed, after: Timed, least: float) -> None:
        self._least = least
        self._before, self._after = (_whole(profile) for profile in (before, after))

    def __call__(self, path: Names) -> str:
        grown = self._after.get(path, 0.0) - self._before.get(path, 0.0)
        if abs(grown) < self._least:
            return path[-1]
        if path not in self._before:
            return f"{_signed(grown)} new: {path[-1]}"
        return f"{_signed(grown)}: {path[-1]}"


def _whole(profile: Timed) -> dict[Names, float]:
    sums: dict[Names, float] = {}
    for path, spent in profile.weights.items():
        for depth in range(1, len(path) + 1):
            sums[path[:depth]] = sums.get(path[:depth], 0.0) + spent
    return sums


def _title(before: Timed, after: Timed) -> str:
    ratio = before.wall_s / after.wall_s
    if abs(before.wall_s - after.wall_s) < SAME_WITHIN * max(before.wall_s, after.wall_s):
        return f"{after.label} takes as long as {before.label}: {seconds(after.wall_s)}"
    how = f"{ratio:.3g} times as fast as" if ratio > 1 else f"{1 / ratio:.3g} times as long as"
    return f"{after.label} takes {seconds(after.wall_s)}, {how} {before.label} ({seconds(before.wall_s)})"


def _sentences(before: Timed, after: Timed, changes: list[Change], least: float) -> list[str]:
    if not changes:
        return [f"No function's own time changed by more than {seconds(least)}."]
    shrunk = [change for change in changes if change.grown_s < 0]
    grown = [change for change in changes if change.grown_s > 0]
    said = [("shrank", shrunk), ("grew", grown)]
    if after.wall_s > before.wall_s:
        said.reverse()
    return [
        f"{each[0].name} {verb} most: {seconds(each[0].before_s)} before, {seconds(each[0].after_s)} after."
        for verb, each in said
        if each
    ]


def _table(changes: list[Change]) -> list[Table]:
    rows: list[list[str | float | int | None]] = [
        [change.name, round(change.before_s, 3), round(change.after_s, 3), _signed(change.grown_s)]
        for change in changes[:MOST_ROWS]
    ]
    columns = ["function", "before, s", "after, s", "change"]
    return [Table(heading="Own time, largest change first", columns=columns, rows=rows)] if rows else []


def _signed(change_s: float) -> str:
    return f"{'+' if change_s > 0 else '−'}{seconds(abs(change_s))}"
