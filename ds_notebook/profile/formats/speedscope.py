"""speedscope's JSON, sampled or evented: https://www.speedscope.app/file-format-schema.json."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec

from ds_notebook.errors import UsageError
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.formats.collapsed import lane_of
from ds_notebook.profile.formats.opened import MOST_JSON_BYTES, broken, check_size
from ds_notebook.record.events import Stacks

_SECONDS = {"seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
_THREAD = re.compile(r'(?:Process (?P<pid>\d+) )?Thread \w+ "(?P<name>.*)"', re.DOTALL)
Unit = Literal["seconds", "milliseconds", "microseconds", "nanoseconds", "bytes", "none"]


class _Frame(msgspec.Struct):
    name: str
    file: str | None = None
    line: float | None = None

    def __str__(self) -> str:
        return str(Frame(self.name, self.file, int(self.line or 0))) if self.file else self.name


class _Sampled(msgspec.Struct, tag_field="type", tag="sampled"):
    name: str
    unit: Unit
    samples: list[list[int]]
    weights: list[float]


class _Event(msgspec.Struct):
    type: Literal["O", "C"]
    at: float
    frame: int


class _Evented(msgspec.Struct, tag_field="type", tag="evented"):
    name: str
    unit: Unit
    events: list[_Event]


class _Shared(msgspec.Struct):
    frames: list[_Frame]


class _File(msgspec.Struct):
    shared: _Shared
    profiles: list[_Sampled | _Evented]


def stacks(path: Path, count_s: float) -> Iterator[Stacks]:
    """The stacks of the file; where it counts without a unit, each stands for `count_s` seconds.

    Raises UsageError for what is no such file, and for one that counts bytes.
    """
    check_size(path, MOST_JSON_BYTES)
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise broken(path, f"it is no JSON of speedscope ({error})") from None
    texts = list(map(str, file.shared.frames))
    for profile in file.profiles:
        if profile.unit == "bytes":
            raise UsageError(f"{path.name} counts bytes, and a profile here is of time. Open it in speedscope itself.")
        try:
            yield _event(profile, texts, _SECONDS.get(profile.unit, count_s))
        except (IndexError, ValueError) as error:
            raise broken(path, f"its profile {profile.name!r:.60} does not fit its frames ({error})") from None


def _event(profile: _Sampled | _Evented, texts: list[str], unit_s: float) -> Stacks:
    pairs = _samples(profile) if isinstance(profile, _Sampled) else _spent(profile)
    sums: dict[tuple[int, ...], float] = {}
    for stack, weight in pairs:
        sums[stack] = sums.get(stack, 0.0) + weight * unit_s
    used = {number: place for place, number in enumerate(dict.fromkeys(number for path in sums for number in path))}
    if any(not 0 <= number < len(texts) for number in used):
        raise IndexError("a frame that it does not list")
    return Stacks(
        lane=_lane(profile.name),
        frames=[texts[number] for number in used],
        stacks=[[used[number] for number in path] for path in sums],
        weights_s=list(sums.values()),
    )


def _samples(profile: _Sampled) -> Iterator[tuple[tuple[int, ...], float]]:
    return zip(map(tuple, profile.samples), profile.weights, strict=True)


def _spent(profile: _Evented) -> Iterator[tuple[tuple[int, ...], float]]:
    """The time between two events belongs to the frames that are open."""
    opened: list[int] = []
    for event, after in pairwise(profile.events):
        if event.type == "O":
            opened.append(event.frame)
        elif not opened or opened.pop() != event.frame:
            raise ValueError("a frame is closed that was not open")
        if after.at > event.at and opened:
            yield tuple(opened), after.at - event.at


def _lane(name: str) -> str:
    """py-spy's `Thread 12 "MainThread"`, and our own names as they are."""
    match = _THREAD.fullmatch(name)
    if match:
        return lane_of([f"process {match['pid']} {match['name']}"] if match["pid"] else [match["name"]])
    return name if name == "main" or name.startswith(("thread ", "process ")) else f"thread {name}"
