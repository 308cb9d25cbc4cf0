"""What a rule says when it sees something, and the arithmetic of its promise."""

from __future__ import annotations

import msgspec

from ds_notebook.profile.folded import Frame

WORTH_SAYING = 1.05
"""Below this total speed-up a rule stays silent."""


REMARKABLE_S = 0.1
"""Less time than this is ten samples or fewer: nothing is said of it."""

LEAST_SHARE = 1 - 1 / WORTH_SAYING
"""Of the time: what has less could not gain enough if it took none at all."""


MOST_PROMISED = 10.0
"""Where more of the time could go, what is left is a few samples, and one of them makes 30 times of 20."""


def expected_speedup(share: float, local: float) -> float:
    """The whole's speed-up if `share` of its time runs `local` times as fast (Amdahl, 1967)."""
    return 1 / (1 - share + share / local)


def times(factor: float) -> str:
    """A speed-up as a person says it: "2.3x"."""
    return f"{factor:.0f}x" if factor >= 10 else f"{factor:.2g}x" if factor >= 1.1 or factor < 1 else f"{factor:.3g}x"


def promise(factor: float) -> str:
    """An expected speed-up in words."""
    return f"{times(factor)} or more" if factor >= MOST_PROMISED else times(factor)


class Found(msgspec.Struct, kw_only=True, frozen=True):
    """One finding of a rule; only those of `WORTH_SAYING` are kept, the most promising first."""

    code: str
    """The rule's stable name."""
    at: Frame
    """The user's line that the fix changes."""
    covers: tuple[int, int] = (0, 0)
    """First and last line of the same place whose time this explains; (0, 0) is the line alone."""
    seen_at: Frame | None = None
    """Where its time is, if the line that is to be changed only has it done elsewhere."""
    share: float
    """Of the time, in [0, 1], that it concerns; the loading of libraries apart, unless that is what it is about."""
    expected: float
    """Total speed-up, 1 or more, if the advice is followed; 1 for what costs memory and not time. Of the same time.

    `MOST_PROMISED` stands for that or more.
    """
    evidence: str
    """One sentence with the numbers it rests on."""
    advice: str
    """One sentence: what to do."""
    fix: str = ""
    """Code to paste in place of the line."""
    facts: dict[str, str | int | float] = {}
    """What a trial of the remedy needs to know."""
    costs_memory: bool = False
    """Worth saying whatever it does to the time: memory will run out."""
