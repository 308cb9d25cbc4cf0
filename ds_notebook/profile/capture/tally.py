"""Samples, added up by thread and by stack until they are written."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from types import CodeType, FrameType

from ds_notebook.profile.capture.places import Places
from ds_notebook.record.events import Stacks

_WORK_OF_OURS = tuple(
    os.path.join("ds_notebook", "profile", *parts)
    for parts in (("session.py",), ("captured.py",), ("capture", "operators.py"))
)
"""Files whose functions hold the user's code up: what is seen below them is none of its time."""
DEEPEST = 256
"""Frames of a stack that are kept, the innermost ones: recursion has no end."""
MOST_STACKS = 50_000
"""Different stacks that are remembered from one writing to the next."""
MOST_IN_ORDER = 2000
"""Samples of one event that are kept in their order; more are pooled in time."""

Key = tuple[int, ...]
"""A stack as numbers, innermost frame first: the code object's id and the instruction, in turn."""


class Lane:
    """One thread's samples since the last event."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.began_s = time.time()
        self.sums: dict[Key, list[float]] = {}
        """Seconds on the clock, with a core, and waiting for a disk."""
        self.order: list[tuple[Key, float]] = []
        """Each sample's stack and its seconds on the clock."""


class Tally:
    """Adds up samples; `events` gives what came since it was last asked."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._lanes: dict[str, Lane] = {}
        self._codes: dict[int, CodeType] = {}
        self._users: dict[Key, bool] = {}
        """The stacks met so far, and whether a line of the user's is in them."""
        self._numbers: dict[int, int] = {}
        self._lines: dict[tuple[int, int], int] = {}
        self._texts: dict[tuple[int, int], str] = {}

    def key(self, frame: FrameType, base: FrameType | None) -> Key:
        """The stack from `frame` outwards to below `base`."""
        # The sampler's inner loop. Ids stand for code objects, whose hash looks at all that is in them.
        seen: list[int] = []
        walked: FrameType | None = frame
        for _ in range(DEEPEST):
            if walked is None or walked is base:
                break
            seen += id(walked.f_code), walked.f_lasti
            walked = walked.f_back
        key = tuple(seen)
        return key if key in self._users else self._new_key(frame, base)

    def _new_key(self, frame: FrameType, base: FrameType | None) -> Key:
        """As `key`, for a stack that was not met before: its code objects are kept, so their ids stay their own."""
        share = self._numbers.setdefault  # one int object for each number, however many stacks hold it
        seen: list[int] = []
        is_users = False
        walked: FrameType | None = frame
        for _ in range(DEEPEST):
            if walked is None or walked is base:
                break
            code, lasti = walked.f_code, walked.f_lasti
            self._codes[id(code)] = code
            seen += share(id(code), id(code)), share(lasti, lasti)
            if (id(code), lasti) not in self._lines:
                self._lines[id(code), lasti] = walked.f_lineno or code.co_firstlineno
            is_users = is_users or self._places.is_users(code)
            walked = walked.f_back
        key = tuple(seen)
        self._users[key] = is_users
        return key

    def has_users(self, key: Key) -> bool:
        """Whether a line of the user's is in a stack."""
        return self._users[key]

    def add(self, lane: str, key: Key, wall_s: float, cpu_s: float, disk_s: float) -> None:
        """One sample of a thread."""
        into = self._lanes.get(lane)
        if into is None:
            into = self._lanes[lane] = Lane(lane)
            into.began_s -= wall_s
        sums = into.sums.get(key)
        if sums is None:
            into.sums[key] = [wall_s, cpu_s, disk_s]
        else:
            sums[0] += wall_s
            sums[1] += cpu_s
            sums[2] += disk_s
        into.order.append((key, wall_s))

    def events(self) -> list[Stacks]:
        """One event for each lane that has samples."""
        lanes, self._lanes = self._lanes, {}
        events = [self._event(lane) for lane in lanes.values()]
        if len(self._users) > MOST_STACKS:
            self._users.clear()
            self._numbers.clear()
        return events

    def _event(self, lane: Lane) -> Stacks:
        frames: dict[str, int] = {}
        stacks: dict[tuple[int, ...], int] = {}
        columns: tuple[list[float], ...] = ([], [], [])
        number_of: dict[Key, int] = {}
        for key, sums in lane.sums.items():
            if self._is_ours(key):
                continue
            texts = self._frame_texts(key)
            path = tuple(frames.setdefault(text, len(frames)) for text in texts)
            number = number_of[key] = stacks.setdefault(path, len(stacks))
            for column, seconds in zip(columns, sums, strict=True):
                if number == len(column):
                    column.append(0.0)
                column[number] = round(column[number] + seconds, 6)
        order, gaps_s = _pooled(*self._in_order(lane, number_of))
        return Stacks(
            at=lane.began_s,
            frames=list(frames),
            stacks=[list(path) for path in stacks],
            weights_s=columns[0],
            cpu_s=columns[1],
            disk_s=columns[2] if any(columns[2]) else [],
            order=order,
            gaps_s=gaps_s,
            lane=lane.name,
        )

    def _in_order(self, lane: Lane, number_of: Mapping[Key, int]) -> tuple[list[int], list[float]]:
        kept = [(number_of[key], gap_s) for key, gap_s in lane.order if key in number_of]
        return [number for number, _ in kept], [gap_s for _, gap_s in kept]

    def _is_ours(self, key: Key) -> bool:
        """Whether the user's code was held up by the profiler, which begins, ends or has torch's at work."""
        return any(self._codes[code].co_filename.endswith(_WORK_OF_OURS) for code in key[::2])

    def _frame_texts(self, key: Key) -> list[str]:
        """Root first. Our own frames are left out, and what only starts threads and programs above the user's."""
        pairs = list(zip(key[-2::-2], key[::-2], strict=True))
        whose = [self._places.of(self._codes[code].co_filename).whose for code, _ in pairs]
        first = next((i for i, each in enumerate(whose) if each in ("users", "library")), 0)
        return [self._text(*pair) for pair, each in zip(pairs[first:], whose[first:], strict=True) if each != "ours"]

    def _text(self, code_id: int, lasti: int) -> str:
        text = self._texts.get((code_id, lasti))
        if text is None:
            text = self._texts[code_id, lasti] = self._places.text(self._codes[code_id], self._lines[code_id, lasti])
        return text


def _pooled(order: list[int], gaps_s: list[float]) -> tuple[list[int], list[float]]:
    """At most `MOST_IN_ORDER` samples: neighbours are pooled, and the longest of them stands for all."""
    size = -(-len(order) // MOST_IN_ORDER) or 1
    if size == 1:
        return order, [round(gap_s, 6) for gap_s in gaps_s]
    kept, sums = [], []
    for start in range(0, len(order), size):
        pool = range(start, min(start + size, len(order)))
        kept.append(order[max(pool, key=lambda i: gaps_s[i])])
        sums.append(round(sum(gaps_s[i] for i in pool), 6))
    return kept, sums
