"""Memory grows for as long as the program runs.

What it sees. The memory of the process rising all the way to the end of the profile, and a line that runs again and
again and puts things into a list or dict which nothing reads or empties; a loss that is kept or summed up with its
graph; a cache of a function's results without a limit. A line that often copies all that was gathered so far, to add
a little, or takes a mean of all of it; a backward pass that keeps the graphs of all steps before. With `--memory`,
the lines that took the memory that is still held.

Why it matters. It costs no time until memory runs out; then it costs the run. Copies cost time from the first minute:
the n-th piece costs n times what the first did.

Bad::

    history.append(loss)  # each loss keeps all that it was computed from

Good::

    history.append(loss.item())

How the remedy is verified. By hand: the slope is measured again.

When it stays silent. Memory that rises and stays; results that are collected and then used; under 100 MB, if
nothing is copied; what is cut to a length.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import Found, expected_speedup
from ds_notebook.profile.rules._copied import COPY_LOCAL, copied
from ds_notebook.profile.rules._kept import kept
from ds_notebook.profile.rules._kept_hidden import Kept
from ds_notebook.profile.rules._rescanned import carried, rescanned
from ds_notebook.profile.rules._seconds import Spent, through, total, wall_s

CODE = "memory-growth"

LEAST_BYTES = 100e6
FEWEST_LOOKS = 5
SETTLED = 0.2
"""Of the time without imports: until then a program makes what it works on."""
STEADY = 0.5
"""Of the mean rise at least, in each third of the time, or the growth is not one that goes on."""


def find(profile: Profile) -> Iterator[Found]:
    costly = [*_copies(profile), *_scans(profile), *_graphs(profile)]
    yield from costly
    if not costly:
        yield from _growth(profile)


def _copies(profile: Profile) -> Iterator[Found]:
    for at, spent, grows, is_table in copied(profile):
        if not is_table:  # the rule about pandas tells of those
            yield _costly(
                profile,
                at,
                spent,
                f"copies all that {grows} holds, to add a little to it",
                "Gather the pieces in a list and join them once; where only the last ones count, keep no more.",
                "pieces.append(piece)\n...\nwhole = np.concatenate(pieces)  # once",
            )


def _scans(profile: Profile) -> Iterator[Found]:
    for at, spent, grows in rescanned(profile):
        yield _costly(
            profile,
            at,
            spent,
            f"goes through all of {grows} again, each time something is put in",
            "Carry on what the measure needs, a sum and a count for a mean, or take it once at the end.",
            "total += value\ncount += 1\nmean = total / count",
        )


def _graphs(profile: Profile) -> Iterator[Found]:
    for at, spent, state in carried(profile):
        yield _costly(
            profile,
            at,
            spent,
            f"goes back through all steps so far: {state} keeps its graph",
            f"Cut {state} off from the steps before, and do without retain_graph.",
            f"{state} = {state}.detach()",
        )


def _costly(profile: Profile, at: Frame, spent: Spent, what: str, advice: str, fix: str) -> Found:
    """A line whose time grows with what there is."""
    share = spent.wall_s / wall_s(profile)
    return Found(
        code=CODE,
        at=at,
        share=share,
        expected=expected_speedup(share, COPY_LOCAL),
        evidence=f"{share:.0%} of the time {what}.",
        advice=advice,
        fix=fix,
    )


def _growth(profile: Profile) -> Iterator[Found]:
    slope = _bytes_per_s(profile)
    if slope is None:
        return
    held = _held(profile)
    if held is None:
        return
    megabytes = slope / 1e6
    left = profile.observed.memory_available_bytes
    until = f"; what was free lasts {left / slope / 60:.0f} minutes" if left else ""
    yield Found(
        code=CODE,
        at=held.at,
        share=total(through(profile.main(), lambda frame: frame[1:] == held.at[1:])).wall_s / max(profile.wall_s, 1e-9),
        expected=1.0,
        evidence=f"Memory grows by {megabytes:.0f} MB a second to the end{until}.",
        advice=held.advice,
        fix=held.fix,
        facts={"bytes_per_s": slope},
        costs_memory=True,
    )


def _bytes_per_s(profile: Profile) -> float | None:
    """The rise, if it goes on to the end: in each of the last two thirds about as steep as in all."""
    looks = _since_working(profile)
    if len(looks) < FEWEST_LOOKS:
        return None
    (first_s, first), (last_s, last) = looks[0], looks[-1]
    if last - first < LEAST_BYTES or last_s <= first_s:
        return None
    slope = (last - first) / (last_s - first_s)
    thirds = [looks[round(i * (len(looks) - 1) / 3)] for i in range(4)]
    rises = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(thirds) if b[0] > a[0]]
    return slope if rises and all(rise >= STEADY * slope for rise in rises) else None


def _since_working(profile: Profile) -> list[tuple[float, int]]:
    """Without the time of imports and the first of its work, in which memory grows as it must."""
    looks = profile.observed.memory
    imports_s = total(through(profile.main(), lambda frame: frame.place.startswith("<frozen importlib"))).wall_s
    if len(looks) > 1 and looks[-1][1] < looks[-2][1]:  # it has come to its end, and let go of what it had
        looks = looks[:-1]
    last_s = looks[-1][0] if looks else 0.0
    return [look for look in looks if look[0] >= imports_s + SETTLED * (last_s - imports_s)]


def _held(profile: Profile) -> Kept | None:
    for text, _ in sorted(profile.observed.growth_by_line, key=lambda each: -each[1]):
        frame = Frame.parse(text)
        if frame.place in profile.sources:
            return Kept(frame, "Let go of what this line makes once it is done with.", "")
    return kept(profile)
