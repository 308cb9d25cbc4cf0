"""One cause, one finding: which of several that explain the same time is said."""

from __future__ import annotations

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.rules._seconds import critical

SPECIFIC_FIRST = (
    *("loader-workers", "data-wait", "pin-memory"),  # a slow line in a dataset matters no more once workers run it
    *("thread-oversubscription", "gil-contention"),  # how the code runs, before what it does
    "recompute",  # what need not be done need not be done faster
    "disk-wait",  # each statement alone waits for the disk, and that is more than their number
    *("n-plus-one", "regex-compile", "serialization", "pandas-rows"),  # a library used against its grain
    *("optimizer-loop", "tiny-batches", "host-sync"),
    *("python-loop", "gc-pauses", "low-precision", "gpu-idle", "memory-growth", "import-time"),
)
"""A rule that knows more of the cause comes before one that sees its effect."""

MINOR = 0.2
"""Of the time that the best remedy saves: less is not worth a word beside it. Once that is fixed the shares are others,
and it is asked again."""


def said(profile: Profile, found: list[Found]) -> list[Found]:
    """Those to tell: one a cause, the most promising first, without what is minor beside the best."""
    order = {code: rank for rank, code in enumerate(SPECIFIC_FIRST)}
    kept: list[Found] = []
    for each in sorted(found, key=lambda each: (order.get(each.code, len(order)), -each.expected)):
        if not any(_same_cause(profile, each, other) for other in kept):
            kept.append(each)
    best = max((_saved(each) for each in kept), default=0.0)
    worth = [each for each in kept if each.costs_memory or _saved(each) >= MINOR * best]
    return sorted(worth, key=lambda each: (-each.expected, -each.share))


def _saved(found: Found) -> float:
    """Share of all time."""
    return 1 - 1 / found.expected


def _same_cause(profile: Profile, one: Found, other: Found) -> bool:
    """The same lines, or mostly the same samples."""
    if "memory-growth" in (one.code, other.code):
        return one.code == other.code
    if {one.code, other.code} == {"gc-pauses", "serialization"}:  # the seconds of the one are not in the other's
        return False
    if _place(one) == _place(other) and _overlap(_lines(one), _lines(other)):
        return True
    both_s = one_s = other_s = 0.0
    for stack in critical(profile):
        in_one = any(_within(one, frame) for frame in stack.frames)
        in_other = any(_within(other, frame) for frame in stack.frames)
        both_s += stack.wall_s * (in_one and in_other)
        one_s += stack.wall_s * in_one
        other_s += stack.wall_s * in_other
    return both_s > 0 and both_s >= 0.5 * min(one_s, other_s)


def _place(found: Found) -> str:
    return (found.seen_at or found.at).place


def _lines(found: Found) -> range:
    first, last = found.covers
    line = (found.seen_at or found.at).line
    return range(first, last + 1) if first else range(line, line + 1)


def _overlap(one: range, other: range) -> bool:
    return max(one.start, other.start) < min(one.stop, other.stop)


def _within(found: Found, frame: Frame) -> bool:
    return frame.place == _place(found) and frame.line in _lines(found)
