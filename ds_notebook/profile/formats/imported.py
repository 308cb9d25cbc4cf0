"""A profile file of another tool as a finished run of kind "profile", judged and drawn like any other."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from ds_notebook.errors import UsageError
from ds_notebook.profile import observed
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.formats import collapsed, pstats_file, speedscope
from ds_notebook.profile.formats.opened import broken
from ds_notebook.profile.judge import judge
from ds_notebook.profile.merged import Merged
from ds_notebook.profile.observed import Observed
from ds_notebook.profile.places import is_users
from ds_notebook.profile.stored import SOURCES
from ds_notebook.record import Record, Run
from ds_notebook.record.events import Decision, Stacks
from ds_notebook.start import start_run

COUNT_S = 0.01
"""A count of a file without a unit: py-spy's usual 100 Hz."""
MOST_SOURCE_BYTES = 1 << 20
MOST_SOURCES = 100
AT_ONCE = 2000


class _Format(NamedTuple):
    name: str
    stacks: Callable[[Path, float], Iterator[Stacks]]
    remark: str = ""


_PSTATS = _Format(
    "cProfile",
    pstats_file.stacks,
    "cProfile knows who called whom, not through whom: where a function has several callers, a path's time is an "
    "estimate. Its lines are those of the `def`.",
)
_SPEEDSCOPE = _Format("speedscope's format", speedscope.stacks)
_COLLAPSED = _Format("collapsed stacks", collapsed.stacks, "A count of the file is taken as {ms:g} ms.")


def import_profile(path: str | Path, *, count_s: float = COUNT_S) -> Record:
    """The record of a profile in a file: py-spy's raw or speedscope output, speedscope's JSON, cProfile's .pstats.

    `count_s` is the time that one count of collapsed stacks stands for. Raises UsageError for what cannot be read, in
    which case no run is left behind.
    """
    path = Path(path)
    form = format_of(path)
    merged = Merged()
    for event in form.stacks(path, count_s):
        if not all(0 <= weight < math.inf for weight in event.weights_s):
            raise broken(path, "a time in it is no number, or below 0")
        merged.add(event)
    if merged.wall_s <= 0:
        raise broken(path, "there is no time in it")
    if merged.wall_s == math.inf:
        raise broken(path, "the times in it add up to no number")
    with start_run(path.name, kind="profile", config={"imported": path.name}) as run:
        _write(run, merged, form, form.remark.format(ms=1e3 * count_s))
    return run.record


def format_of(path: Path) -> _Format:
    """The format of a file by how it begins; raises UsageError where it cannot be opened."""
    try:
        with open(path, "rb") as file:
            start = file.read(64)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}). Name a file that a profiler wrote.") from None
    if pstats_file.is_pstats(start):
        return _PSTATS
    return _SPEEDSCOPE if start.lstrip()[:1] == b"{" else _COLLAPSED


def _write(run: Run, merged: Merged, form: _Format, remark: str) -> None:
    run.emit(Decision(policy="capture", subject="profile", verdict=f"{form.name}, imported", reason=remark))
    if remark:
        run.note(remark)
    for lane in merged.lanes():
        for event in _events(merged, lane):
            run.emit(event)
    found = Observed(
        how="imported", wall_s=merged.wall_s, samples=merged.num_samples, remarks=[remark] if remark else []
    )
    run.save_blob("observed.json", msgspec.json.encode(found), kind=observed.KIND)
    run.save_blob("sources.json", msgspec.json.encode(_sources(merged.frames)), kind=SOURCES)
    judge(run)


def _events(merged: Merged, lane: str) -> Iterator[Stacks]:
    """A lane's stacks, a bounded number in each event."""
    paths = sorted(merged.paths(lane), key=lambda pair: -pair[1].wall_s)
    for start in range(0, len(paths), AT_ONCE):
        some = paths[start : start + AT_ONCE]
        numbers = {number: place for place, number in enumerate(dict.fromkeys(n for path, _ in some for n in path))}
        yield Stacks(
            lane=lane,
            frames=[str(merged.frames[number]) for number in numbers],
            stacks=[[numbers[number] for number in path] for path, _ in some],
            weights_s=[round(weight.wall_s, 6) for _, weight in some],
        )


def _sources(frames: list[Frame]) -> dict[str, list[str]]:
    """The lines of the user's own files below the working folder: a stranger's profile must name no other file."""
    here = Path.cwd().resolve()
    found: dict[str, list[str]] = {}
    for place in dict.fromkeys(frame.place for frame in frames if is_users(frame.place)):
        file = Path(place).resolve()
        if file.suffix != ".py" or not file.is_relative_to(here) or len(found) >= MOST_SOURCES:
            continue
        if file.is_file() and file.stat().st_size <= MOST_SOURCE_BYTES:
            found[place] = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return found
