"""The garbage collector keeps interrupting.

What it sees. The time between the collector's own callbacks, by the line that was running, and explicit `gc.collect()`.

Why it matters. Each full collection looks at every object that lives; a program that makes many and keeps them pays
again and again for looking at what will not go away.

Bad::

    table = {key: Record(key) for key in keys}  # a million objects that stay
    for line in lines:
        work(parse(line))  # and each collection walks them all

Good::

    table = {key: Record(key) for key in keys}
    gc.collect()
    gc.freeze()  # what is here stays: look no more

How the remedy is verified. The code is run with `gc.freeze()` and a higher threshold, and timed.

When it stays silent. For a single pause, however long, and under 18% of the time: a setting for the whole process must
gain more than a few percent.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import by, critical, innermost, through, total, wall_s
from ds_notebook.profile.rules._source import called, code, loops

CODE = "gc-pauses"

WORTH_A_SETTING = 0.18
"""Of the time. Programs that build trees of objects commonly spend 10 to 15% so, and are as they should be."""
LOCAL = 20.0
"""With what stays frozen, and a threshold of 100,000, 4% of the pauses are left of a program that keeps two million
objects, here."""


_FREEZE = "gc.collect()\ngc.freeze()  # once the long-lived objects are there\ngc.set_threshold(100_000, 20, 100)"


def find(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    explicit = _explicit(profile)
    gc = profile.observed.gc
    seconds = gc.seconds - gc.longest_s  # one pause does not come again and again
    if explicit is not None:
        seconds = max(seconds, total(through(critical(profile), lambda frame: frame[1:] == explicit[1:])).wall_s)
    share = min(seconds / whole_s, 1.0)
    at = explicit or _where(profile)
    if at is None or seconds < REMARKABLE_S or share < WORTH_A_SETTING:
        return
    yield Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected_speedup(share, LOCAL),
        evidence=f"{share:.0%} of the time is spent in {gc.collections} garbage collections.",
        advice="Take gc.collect() out of the loop."
        if explicit
        else "Freeze what stays with gc.freeze(), and collect less often with gc.set_threshold.",
        fix="" if explicit else _FREEZE,
        facts={"collections": gc.collections},
    )


def _explicit(profile: Profile) -> Frame | None:
    """A line in a loop that asks for a collection."""
    for at, spent in by(critical(profile), lambda stack: innermost(profile, stack)).items():
        tree = code(profile, at.place)
        asks = tree is not None and any(called(call) in ("gc.collect", "collect") for call in tree.calls(at.line))
        if asks and spent.wall_s >= REMARKABLE_S:
            return at
    return None


def _where(profile: Profile) -> Frame | None:
    """The line that the pauses hit most; where that was not recorded, the hottest in a loop."""
    paused = profile.observed.gc.by_line
    if paused:
        return Frame.parse(max(paused, key=lambda text: paused[text]))
    lines = by(critical(profile), lambda stack: innermost(profile, stack))
    return next((at for at in lines if loops(profile, at)), next(iter(lines), None))
