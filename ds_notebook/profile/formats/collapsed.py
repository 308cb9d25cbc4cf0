"""Collapsed stacks, `root;...;leaf 12` a line, as py-spy's raw format and flame graph scripts have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ds_notebook.profile.formats.opened import MOST_TEXT_BYTES, broken, check_size
from ds_notebook.record.events import Stacks

LONGEST_LINE = 1 << 20
AT_ONCE = 2000
"""Stacks of one event."""
_LANE = re.compile(r'thread \(\w+\)(?:: (?P<thread>.*))?|process (?P<pid>\d+):"?(?P<command>.*?)"?', re.DOTALL)


def stacks(path: Path, count_s: float) -> Iterator[Stacks]:
    """The stacks of the file; each count stands for `count_s` seconds. Raises UsageError for what is none."""
    check_size(path, MOST_TEXT_BYTES)
    by_lane: dict[str, dict[tuple[str, ...], float]] = {}
    num_waiting = 0
    for lane, frames, count in _lines(path):
        sums = by_lane.setdefault(lane, {})
        sums[frames] = sums.get(frames, 0.0) + count * count_s
        num_waiting += 1
        if num_waiting >= AT_ONCE:
            yield from _events(by_lane)
            by_lane, num_waiting = {}, 0
    yield from _events(by_lane)


def _lines(path: Path) -> Iterator[tuple[str, tuple[str, ...], float]]:
    number = 0
    with open(path, "rb") as file:
        while line := file.readline(LONGEST_LINE):
            number += 1
            text = line.decode("utf-8", "replace").rstrip()
            names, _, count = text.rpartition(" ")
            names = names.strip()
            if not text or (not names and text[:1] == " "):  # a thread without frames, as py-spy writes it
                continue
            if not names or not count.isascii() or not count.isdigit() or len(count) > 15 or "\0" in names:
                raise broken(path, f"line {number} is not a stack and its count")
            yield (*_lane_and_frames(names.split(";")), float(count))


def _lane_and_frames(names: list[str]) -> tuple[str, tuple[str, ...]]:
    """py-spy names process and thread as if they were frames."""
    words: list[str] = []
    while len(names) > 1 and (match := _LANE.fullmatch(names[0])):
        names = names[1:]
        words.append(f"process {match['pid']} {match['command']}" if match["pid"] else match["thread"] or "MainThread")
    return lane_of(words), tuple(names)


def lane_of(words: list[str]) -> str:
    """Our name of a lane: main, `thread NAME` or `process PID ...`."""
    said = [word for word in words if word != "MainThread"]
    if not said:
        return "main"
    return said[0] if said[0].startswith("process ") else f"thread {said[-1]}"


def _events(by_lane: dict[str, dict[tuple[str, ...], float]]) -> Iterator[Stacks]:
    for lane, sums in by_lane.items():
        frames: dict[str, int] = {}
        indices = [[frames.setdefault(name, len(frames)) for name in path] for path in sums]
        yield Stacks(lane=lane, frames=list(frames), stacks=indices, weights_s=list(sums.values()))
