"""Objects are turned into text or bytes by a slow encoder.

What it sees. The seconds that calls of `json`, `pickle`, `marshal` and Protocol Buffers took, by the line that made
them; in a profile without these counts, and of YAML that is read in Python and of shelves, the samples inside. At the
end of a profile orjson and msgspec are measured on up to three texts of each line that took long, in 50 ms. Where the
program waits for a pool of processes, the time in which arguments and results are pickled and read.

Why it matters. An encoder that makes every object in Python, or looks every field up, takes several times as long as
one that is compiled and knows the types.

Bad::

    for record in records:
        socket.send(json.dumps(record).encode())

Good::

    for record in records:
        socket.send(orjson.dumps(record))  # or msgspec.json.encode(record)

How the remedy is verified. The user's own payload is encoded and decoded by the other encoder, building and reading
the objects included. Where it was not at hand: orjson is 4 times as fast as json both ways, msgspec 3 times as fast
as pickle in writing and 1.2 times in reading, Protocol Buffers, which need a schema, 1.3 times as fast as json once
fields are read; YAML's compiled reader and writer are 8 times as fast as those in Python (measured on nested
records).

When it stays silent. Where the encoder takes under 5%, and sending under 30% of a pool's time, where arrays are
written as they lie in memory (more than 500 MB a second), for reading pickles, which hardly gets faster, and where no
other encoder can do it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import Match, above, by, critical, inside, wall_s
from ds_notebook.profile.rules._sent import sent
from ds_notebook.profile.rules._torch import has

CODE = "serialization"

MEMORY_BOUND_BYTES_PER_S = 500e6
"""No encoder of objects is that fast: here a buffer is copied."""

# How many times as fast the better encoder is, building and reading the objects included (docstring: how measured).
_LOCAL = {
    "json": 4.0,
    "simplejson": 4.0,
    "pickle.dump": 3.0,
    "pickle.load": 1.2,
    "marshal": 1.2,
    "yaml": 8.0,
    "shelve": 3.0,  # that depends on how much of a value is changed
}
_PROTOBUF_LOCAL = 1.3


SENT = 0.3
"""Of the time of a pool of processes, spent on sending: with less it computes, and its results must come back."""
SENT_LOCAL = 10.0
"""Once to each worker instead of with each task; what differs from task to task is still sent."""


def find(profile: Profile) -> Iterator[Found]:
    yield from _encoded(profile)
    yield from _between_processes(profile)


def _between_processes(profile: Profile) -> Iterator[Found]:
    found = sent(profile)
    if found is None or found.share < SENT or found.share * found.seconds < REMARKABLE_S:
        return
    share = min(found.share * found.seconds / wall_s(profile), 1.0)
    yield Found(
        code=CODE,
        at=found.at,
        share=share,
        expected=expected_speedup(share, SENT_LOCAL),
        evidence=f"{share:.0%} of the time goes into sending arguments and results from process to process.",
        advice="Give what all tasks share to each worker once, by the pool's initializer, and send small tasks many at"
        " a time, by chunksize.",
        fix="with ProcessPoolExecutor(initializer=keep, initargs=(table,)) as pool:  # once for each worker\n"
        "    results = pool.map(work, tasks, chunksize=100)",
        facts={"function": "multiprocessing"},
    )


def _encoded(profile: Profile) -> Iterator[Found]:
    whole_s = wall_s(profile)
    measured = {(each.site, each.function): each.alternatives for each in profile.observed.encodings}
    for (at, function), seconds in _seconds(profile).items():
        if seconds < REMARKABLE_S:
            continue
        share = min(seconds / whole_s, 1.0)
        others = measured.get((str(at), function))
        yield Found(
            code=CODE,
            at=at,
            share=share,
            expected=expected_speedup(share, _local(function, others)),
            evidence=f"{share:.0%} of the time is spent in {function}{_beside(others)}.",
            advice=_advice(function, others),
            fix=_fix(function),
            facts={"function": function, "seconds": seconds},
        )


def _local(function: str, others: dict[str, float] | None) -> float:
    """By orjson where it was measured, for a trial takes that; else by what was; else by what was measured here."""
    if others is not None:
        return max(others.get("orjson", max(others.values(), default=1.0)), 1.0)
    return next((local for start, local in _LOCAL.items() if function.startswith(start)), _PROTOBUF_LOCAL)


def _beside(others: dict[str, float] | None) -> str:
    """ "; on its own payload orjson takes 16% of that, msgspec 24%"."""
    if not others:
        return ""
    fastest_first = sorted(others.items(), key=lambda item: -item[1])
    parts = [
        f"{library} {f'takes {1 / ratio:.0%} of that' if not i else f'{1 / ratio:.0%}'}"
        for i, (library, ratio) in enumerate(fastest_first)
    ]
    return f"; on its own payload {', '.join(parts)}"


def _advice(function: str, others: dict[str, float] | None) -> str:
    if function == "shelve":
        return (
            "A shelf reads and writes a value whole: give each part a key of its own, or keep it in memory meanwhile."
        )
    return f"Use {_other(function, others)} there, which is compiled and gives the same data."


def _other(function: str, others: dict[str, float] | None) -> str:
    if function == "yaml":
        return "yaml.CSafeLoader and yaml.CSafeDumper"
    if "pickle" in function:
        return "msgspec.msgpack"
    if "protobuf" in function:
        return "msgspec"
    return (
        {"orjson": "orjson", "msgspec": "msgspec.json"}[max(others, key=lambda each: others[each])]
        if others
        else "orjson or msgspec.json"
    )


def _seconds(profile: Profile) -> dict[tuple[Frame, str], float]:
    """Seconds by line and function, what was counted before what was sampled; another encoder makes the same objects,
    and the collector's pauses stay."""
    sums: dict[tuple[Frame, str], float] = {}
    for each in profile.observed.encodings:
        if each.size_bytes < MEMORY_BOUND_BYTES_PER_S * each.seconds:
            key = (Frame.parse(each.site), each.function)
            sums[key] = sums.get(key, 0.0) + max(0.0, each.seconds - profile.observed.gc.by_line.get(each.site, 0.0))
    stacks = critical(profile)
    for module in _UNCOUNTED if profile.observed.encodings else {**_COUNTED, **_UNCOUNTED}:
        lines = by(stacks, partial(above, profile, match=_of(module)))
        sums |= {(at, module): spent.wall_s for at, spent in lines.items()}
    in_python = by([each for each in stacks if has(each, _parses_yaml)], partial(above, profile, match=_of("yaml")))
    return {key: seconds for key, seconds in sums.items() if key[1] != "yaml" or key[0] in in_python}


_COUNTED = {"json": ("json/encoder.py", "json/decoder.py", "json/__init__.py"), "pickle": ("/pickle.py",)}
_UNCOUNTED = {"yaml": ("/yaml/",), "shelve": ("/shelve.py",)}


def _of(module: str) -> Match:
    return lambda frame: inside(frame, *_COUNTED.get(module, ()), *_UNCOUNTED.get(module, ()))


def _parses_yaml(frame: Frame) -> bool:
    """In Python: with the loaders and dumpers that are compiled these do not run."""
    return inside(frame, "/yaml/scanner.py", "/yaml/parser.py", "/yaml/reader.py", "/yaml/emitter.py")


def _fix(function: str) -> str:
    if function == "yaml":
        return "value = yaml.load(text, Loader=yaml.CSafeLoader)\nyaml.dump(value, file, Dumper=yaml.CSafeDumper)"
    if function == "shelve":
        return 'shelf[f"members/{name}"] = member  # instead of shelf["members"] = members'
    if "pickle" in function:
        return "data = msgspec.msgpack.encode(value)  # plain data; pickle.dumps(value, protocol=5) for arrays"
    return "data = orjson.dumps(value)  # bytes\nvalue = orjson.loads(data)"
