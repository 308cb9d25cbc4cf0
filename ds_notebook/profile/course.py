"""What went on when: seconds by doing in equal parts of the time, in bounded memory however long it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import floor

from ds_notebook.draw import Block

PARTS = 200
"""The time is cut into so many parts at most, and at least half as many once they are longer than `FIRST_S`."""
FIRST_S = 0.01

Doing = int
"""What a thread did, as a number that the caller can name."""


class Course:
    """One lane's doings over time, from the first moment it hears of."""

    def __init__(self, begun: float) -> None:
        self.part_s = FIRST_S
        self.begun = begun
        self._parts: dict[int, dict[Doing, float]] = {}

    def add_samples(self, at: float, doings: Sequence[Doing], order: Sequence[int], gaps_s: Sequence[float]) -> None:
        """Samples in their order from `at` on: the number in `doings` of what each found, and its seconds."""
        duration = sum(gaps_s)
        together = max(1, floor(len(order) * self.part_s / duration)) if duration > 0 else max(1, len(order))
        for start in range(0, len(order), together):
            seconds = sum(gaps_s[start : start + together])
            counts = Counter(map(doings.__getitem__, order[start : start + together]))
            share = seconds / counts.total()
            self.add(at, seconds, {doing: count * share for doing, count in counts.items()})
            at += seconds

    def add(self, at: float, seconds: float, spent: Mapping[Doing, float]) -> None:
        """What `seconds` from `at` on were spent on; what began before the beginning counts from there."""
        start = max(0.0, at - self.begun)
        while (start + seconds) / self.part_s >= PARTS:
            self._halve()
        first, last = floor(start / self.part_s), floor((start + seconds) / self.part_s)
        for part in range(first, last + 1):
            within = min(start + seconds, (part + 1) * self.part_s) - max(start, part * self.part_s)
            self._add_to(part, spent, within / seconds if seconds > 0 else 0.0)

    def _add_to(self, part: int, spent: Mapping[Doing, float], share: float) -> None:
        sums = self._parts.setdefault(part, {})
        for doing, seconds in spent.items():
            sums[doing] = sums.get(doing, 0.0) + share * seconds

    def _halve(self) -> None:
        parts, self._parts = self._parts, {}
        self.part_s *= 2
        for part, sums in parts.items():
            self._add_to(part // 2, sums, 1.0)

    def blocks(self, lane: str, name_of: Callable[[Doing], str], since: float) -> list[Block]:
        """Blocks of what there was most of, neighbours of one name together; the time is counted from `since`."""
        blocks: list[Block] = []
        offset = self.begun - since
        for part in sorted(self._parts):
            kind = _most(self._parts[part], name_of)
            start, end = offset + part * self.part_s, offset + (part + 1) * self.part_s
            if blocks and blocks[-1].kind == kind and start - blocks[-1].end < self.part_s / 2:
                blocks[-1].end = round(end, 4)
            else:
                blocks.append(Block(lane=lane, start=round(start, 4), end=round(end, 4), kind=kind))
        return blocks

    def seconds(self) -> dict[Doing, float]:
        """Of each doing, over all the time."""
        sums: dict[Doing, float] = {}
        for part in self._parts.values():
            for doing, seconds in part.items():
                sums[doing] = sums.get(doing, 0.0) + seconds
        return sums


def _most(spent: Mapping[Doing, float], name_of: Callable[[Doing], str]) -> str:
    sums: dict[str, float] = {}
    for doing, seconds in spent.items():
        name = name_of(doing)
        sums[name] = sums.get(name, 0.0) + seconds
    return max(sums, key=lambda name: sums[name])
