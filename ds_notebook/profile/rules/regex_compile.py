"""Regular expressions are compiled again and again.

What it sees. Samples inside the compiler of `re`, called from a line that a loop repeats, and how many different
patterns that line had compiled how often. Python keeps the last 512 patterns it compiled; a loop that makes its
patterns from its data runs past them, and `re.purge` empties them.

Why it matters. Compiling a pattern takes some hundred microseconds, a match often less than one.

Bad::

    for word in words:
        hits += len(re.findall(rf"\\b{word}\\b", text))

Good::

    pattern = re.compile(r"\\b(" + "|".join(map(re.escape, words)) + r")\\b")  # once
    hits = len(pattern.findall(text))

How the remedy is verified. The program is run with a cache that keeps all patterns. Each is still compiled once, and
what that takes was counted: only the rest is promised.

When it stays silent. Patterns compiled once, at import or above the loop, and compilers that take under 5% of the time.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import above, by, critical, inside, name, through, wall_s
from ds_notebook.profile.rules._source import loops

CODE = "regex-compile"

LOCAL = 20.0
"""Where nothing was counted: one compilation is left, and the look-ups that a compiled pattern needs no more."""
JOINED_LOCAL = 1.5
"""Of different patterns, each compiled once: as parts of one pattern they are compiled in two thirds of the time
(1000 to 5000 words between word boundaries, here)."""


def find(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    compiling = [stack for stack in through(critical(profile), _compiles) if _again_and_again(profile, stack)]
    for at, spent in by(compiling, lambda stack: above(profile, stack, _compiles)).items():
        if spent.wall_s < REMARKABLE_S:
            continue
        share = spent.wall_s / whole_s
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, _local(profile, at)),
            evidence=f"{share:.0%} of the time compiles regular expressions, again each time round a loop.",
            advice="Compile the pattern once above the loop; join patterns made from data into one with |.",
            fix="pattern = re.compile(...)  # once, above the loop\npattern.search(text)  # in it",
        )


def _local(profile: Profile, at: Frame) -> float:
    """How many times as fast, if each pattern that the line uses is compiled once."""
    counted = next((each for each in profile.observed.patterns if each.site == str(at)), None)
    if counted is None or counted.first_s <= 0:
        return LOCAL
    return max(counted.seconds / counted.first_s, JOINED_LOCAL if counted.distinct > 1 else 1.0)


def _compiles(frame: Frame) -> bool:
    in_compiler = inside(frame, "re/_compiler.py", "re/_parser.py", "sre_compile.py", "sre_parse.py")
    return in_compiler or (inside(frame, "re/__init__.py", "/re.py") and name(frame) == "_compile")


def _again_and_again(profile: Profile, stack: Stack) -> bool:
    return any(loops(profile, frame) for frame in profile.users(stack.frames))
