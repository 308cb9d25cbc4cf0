"""The time line of a profile: the phases of steps where there are steps, else the functions that the program ran."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ds_notebook.draw import Bars, Block, Timeline
from ds_notebook.profile.course import Course, Doing
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Weight
from ds_notebook.profile.phases import PHASES, Phase, phase_of
from ds_notebook.profile.places import IMPORT, num_launching

MOST_LANES = 6
MOST_KINDS = 6
"""Functions that are told apart; the others are "other"."""
MOST_DEPTH = 6
TRUNK = 0.85
"""A function with more than this of the time divides nothing: what it calls does, so many calls deep at most."""
PHASED_FROM = 0.1
"""From this share of the main thread's time in a step's phases on, phases are shown instead of functions."""
LEAST_SHARE_PCT = 0.05
"""Of the time: a phase with less is not drawn."""
_UNPHASED = ("idle", "unknown", "Python overhead")


class Did(NamedTuple):
    """What a thread did, in the two ways to say it."""

    phase: Phase
    functions: tuple[str, ...]
    """The outermost ones below the top level of what was profiled, root first."""

    @classmethod
    def of(cls, frames: Sequence[Frame], labels: Sequence[str], weight: Weight) -> Did:
        """What a stack, root first, says."""
        first = num_launching(frames)
        below = [
            label for frame, label in zip(frames[first:], labels[first:], strict=True) if frame.function != "<module>"
        ]
        functions = tuple([label for label in below if label][:MOST_DEPTH]) or tuple(labels[-1:]) or ("",)
        return cls(phase_of(frames, weight), functions)

    @property
    def phase_name(self) -> str:
        """The phase; an import, of which there is none, by its name."""
        return IMPORT if self.phase == "unknown" and IMPORT in self.functions else self.phase


class Doings:
    """What paths mean, each meaning once: a number for a path, whose number is its place in the order of `add`."""

    def __init__(self) -> None:
        self.known: list[Did] = []
        self._numbers: dict[Did, Doing] = {}
        self._of_path: list[Doing] = []

    def add(self, did: Did) -> None:
        """The meaning of the next path."""
        number = self._numbers.setdefault(did, len(self.known))
        if number == len(self.known):
            self.known.append(did)
        self._of_path.append(number)

    def of(self, paths: Sequence[int]) -> list[Doing]:
        """The meanings of paths by their numbers."""
        return list(map(self._of_path.__getitem__, paths))


def time_line(courses: Mapping[str, Course], doings: Doings, *, in_time: bool) -> Iterator[Bars | Timeline]:
    """The lanes in the order given, the first of which decides; only bars where the order in time is not known."""
    lanes = list(courses)[:MOST_LANES]
    spent = courses[lanes[0]].seconds() if lanes else {}
    total = sum(spent.values())
    if total <= 0:
        return
    phased = sum(s for doing, s in spent.items() if doings.known[doing].phase not in _UNPHASED)
    name_of: Callable[[Doing], str] = _Functions(doings.known, spent)
    if phased >= PHASED_FROM * total:
        yield _phase_bars(spent, doings.known)
        name_of = _phase_or_function(doings.known, name_of)
    if in_time:
        since = min(courses[lane].begun for lane in lanes)
        blocks: list[Block] = []
        for lane in lanes:
            blocks += courses[lane].blocks(lane, name_of, since)
        yield Timeline(heading="What it did when", lanes=lanes, blocks=blocks)


def _phase_or_function(known: Sequence[Did], function_of: Callable[[Doing], str]) -> Callable[[Doing], str]:
    """A phase; for what is none, the function."""
    return lambda doing: function_of(doing) if known[doing].phase_name == "unknown" else known[doing].phase_name


def _phase_bars(spent: Mapping[Doing, float], known: Sequence[Did]) -> Bars:
    shares = {name: 0.0 for name in (IMPORT, *PHASES)}
    total = sum(spent.values())
    for doing, spent_s in spent.items():
        shares[known[doing].phase_name] += 100 * spent_s / total
    shown = {name: round(share, 1) for name, share in shares.items() if share >= LEAST_SHARE_PCT}
    return Bars(heading="By phase of a step, by samples", names=list(shown), values=list(shown.values()), unit="%")


class _Functions:
    """What was done in the words of the program: the function where its course first divides."""

    def __init__(self, known: Sequence[Did], spent: Mapping[Doing, float]) -> None:
        self._known = known
        self._depth = 0
        total = sum(spent.values())
        while max((sums := self._sums(spent)).values()) > TRUNK * total and self._depth < MOST_DEPTH - 1:
            self._depth += 1
        self._shown = set(sorted(sums, key=lambda name: -sums[name])[:MOST_KINDS])

    def __call__(self, doing: Doing) -> str:
        name = self._name(doing)
        return name if name in self._shown else "other"

    def _sums(self, spent: Mapping[Doing, float]) -> dict[str, float]:
        sums: dict[str, float] = {}
        for doing, spent_s in spent.items():
            name = self._name(doing)
            sums[name] = sums.get(name, 0.0) + spent_s
        return sums

    def _name(self, doing: Doing) -> str:
        did = self._known[doing]
        return "idle" if did.phase == "idle" else did.functions[: self._depth + 1][-1]
