"""The user's own lines by the time they take, with what they call in libraries."""

from __future__ import annotations

from typing import NamedTuple

from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Merged
from ds_notebook.profile.places import is_users, short

_WITHOUT_FILE = {"<string>", "<stdin>"}
"""The user's own where they are what was run, as by `python -c`; elsewhere some library compiled them."""


class HotLine(NamedTuple):
    """One of the user's lines, or the innermost line of anybody's where no line of theirs is known."""

    at: Frame
    seconds: float
    called: str
    """The function of a library that most of its time went to; empty where the line itself worked."""


def hottest(merged: Merged, lane: str = "main", most: int = 10) -> list[HotLine]:
    """The lines of a lane, the hottest first; each moment counts for the user's innermost line."""
    seconds: dict[int, float] = {}
    below: dict[int, dict[str, float]] = {}
    given = {merged.frames[path[0]].place for path, _ in merged.paths(lane) if path} & _WITHOUT_FILE
    users = [is_users(frame.place) or frame.place in given for frame in merged.frames]
    for path, weight in merged.paths(lane):
        at = next((depth for depth in range(len(path) - 1, -1, -1) if users[path[depth]]), len(path) - 1)
        if at < 0:
            continue
        seconds[path[at]] = seconds.get(path[at], 0.0) + weight.wall_s
        if into := next(filter(None, (merged.labels[number] for number in path[at + 1 :])), ""):
            called = below.setdefault(path[at], {})
            called[into] = called.get(into, 0.0) + weight.wall_s
    heaviest = sorted(seconds, key=lambda line: -seconds[line])[:most]
    return [HotLine(merged.frames[at], seconds[at], _mostly(below.get(at, {}), seconds[at])) for at in heaviest]


def _mostly(called: dict[str, float], seconds: float) -> str:
    name = max(called, key=lambda name: called[name], default="")
    return name if name and called[name] > seconds / 2 else ""


def where(at: Frame) -> str:
    """As a person says it: "cell 7, line 3", "prog.py, line 3"."""
    return f"{short(at.place)}, line {at.line}" if at.place else at.function
