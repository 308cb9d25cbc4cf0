"""Objects are turned into text or bytes by a slow encoder.

What it sees. The seconds that calls of `json`, `pickle`, `marshal` and Protocol Buffers took, by the line that made
them; in a profile without these counts, the samples inside those modules.

Why it matters. An encoder that makes every object in Python, or looks every field up, takes several times as long as
one that is compiled and knows the types.

Bad::

    for record in records:
        socket.send(json.dumps(record).encode())

Good::

    for record in records:
        socket.send(orjson.dumps(record))  # or msgspec.json.encode(record)

How the remedy is verified. The user's own payload is encoded and decoded by the other encoder, building and reading
the objects included. Measured on nested records: orjson 4 times as fast as json both ways, msgspec 3 times as fast
as pickle in writing and 1.2 times in reading, Protocol Buffers 1.3 times as fast as json once fields are read.

When it stays silent. Where the encoder takes under 5%, where arrays are written as they lie in memory (more than
500 MB a second), and for reading pickles, which hardly gets faster.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import Match, above, by, critical, inside, wall_s

CODE = "serialization"

MEMORY_BOUND_BYTES_PER_S = 500e6
"""No encoder of objects is that fast: here a buffer is copied."""

# How many times as fast the better encoder is, building and reading the objects included (docstring: how measured).
_LOCAL = {"json": 4.0, "simplejson": 4.0, "pickle.dump": 3.0, "pickle.load": 1.2, "marshal": 1.2}
_PROTOBUF_LOCAL = 1.3


def find(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    for (at, function), seconds in _seconds(profile).items():
        if seconds < REMARKABLE_S:
            continue
        share = min(seconds / whole_s, 1.0)
        module = function.partition(".")[0]
        other = "msgspec.msgpack" if "pickle" in module else "orjson or msgspec.json"
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, _local(function)),
            evidence=f"{share:.0%} of the time is spent in {function}.",
            advice=f"Use {other} there, which is compiled and gives the same data.",
            fix=_fix(function),
            facts={"function": function, "seconds": seconds},
        )


def _seconds(profile: Profile) -> dict[tuple[Frame, str], float]:
    """Seconds by line and function, what was counted before what was sampled."""
    sums: dict[tuple[Frame, str], float] = {}
    for each in profile.observed.encodings:
        if each.size_bytes < MEMORY_BOUND_BYTES_PER_S * each.seconds:
            key = (Frame.parse(each.site), each.function)
            sums[key] = sums.get(key, 0.0) + each.seconds
    if profile.observed.encodings:
        return sums
    for module in _FILES:
        matches = _of(module)
        lines = by(critical(profile), partial(above, profile, match=matches))
        sums |= {(at, module): spent.wall_s for at, spent in lines.items()}
    return sums


_FILES = {"json": ("json/encoder.py", "json/decoder.py", "json/__init__.py"), "pickle": ("/pickle.py",)}


def _of(module: str) -> Match:
    return lambda frame: inside(frame, *_FILES[module])


def _local(function: str) -> float:
    return next((local for start, local in _LOCAL.items() if function.startswith(start)), _PROTOBUF_LOCAL)


def _fix(function: str) -> str:
    if "pickle" in function:
        return "data = msgspec.msgpack.encode(value)  # plain data; pickle.dumps(value, protocol=5) for arrays"
    return "data = orjson.dumps(value)  # bytes\nvalue = orjson.loads(data)"
