"""What kinds of objects the user's hot lines work on."""

from __future__ import annotations

import dis
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from ds_notebook.profile.capture.hooks.arguments import is_traced, variables
from ds_notebook.profile.capture.hooks.attributes import held_by
from ds_notebook.profile.capture.hooks.busiest import busiest
from ds_notebook.profile.capture.scope import Scope

EVERY_S = 0.05
HOT = (2, 4, 8)
"""Looks that meet a line after which it is worth the trouble: not all that it reads is there each time."""
CALLERS = 3
"""Of the user's frames that are looked at: the innermost, and those whose loops it may be a part of."""
MOST_LINES = 200
SHORT = 300
"""Instructions of a function of which all names are noted: a sampler meets it where it begins and where its loops go
round, and hardly on the lines between."""
MOST_FIELDS = 8
"""Of a tuple, that are looked at."""
_NUMBERS = frozenset({"int", "float", "complex", "bool", "int32", "int64", "float32", "float64"})
_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")
"""The second, until 3.11, where what is read is called."""
_LOADS = ("LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF")


@contextmanager
def names_on_hot_lines(scope: Scope) -> Iterator[None]:
    """Notes, a few times a line, the type of each name that it reads; of a short function those of all its lines."""
    met: Counter[tuple[int, int]] = Counter()

    def look_at_names(main: FrameType, _: float) -> None:
        frame = busiest(scope, main)
        if is_traced(frame):
            return
        for users in islice(_users(scope, frame), CALLERS):
            line = users.f_lineno
            met[id(users.f_code), line] += 1
            if met[id(users.f_code), line] in HOT and len(scope.found.types) < MOST_LINES:
                scope.found.types.setdefault(scope.places.text(users.f_code, line), {}).update(_types(users, line))

    scope.sampler.looks.add(EVERY_S, look_at_names)
    yield


def _users(scope: Scope, frame: FrameType) -> Iterator[FrameType]:
    """The user's frames in the profiled code, innermost first."""
    walked: FrameType | None = frame
    while walked is not None and walked is not scope.sampler.samples.base:
        if scope.places.is_users(walked.f_code):
            yield walked
        walked = walked.f_back


def _types(frame: FrameType, line: int) -> dict[str, str]:
    found = _visible(frame)
    kinds = {}
    for name in _names_read(frame.f_code, line):
        first, _, attribute = name.partition(".")
        if first in found and not attribute:
            kinds[name] = kind_of(found[first])
        elif first in found and (held := _attributes(found[first])).get(attribute) is not None:
            kinds[name] = kind_of(held[attribute])
    return kinds


def _visible(frame: FrameType) -> dict[str, Any]:
    """What names stand for; a variable that has no value yet is not the global one of that name."""
    unset = dict.fromkeys(frame.f_code.co_varnames + frame.f_code.co_cellvars)
    return {name: value for name, value in frame.f_globals.items() if name not in unset} | variables(frame)


def _names_read(code: CodeType, line: int) -> list[str]:
    """Names that are read, and attributes of what they stand for: "self", "self.weights"."""
    names: dict[str, None] = {}
    instructions = list(dis.get_instructions(code))
    is_short = len(instructions) <= SHORT and code.co_name != "<module>"
    at, before = code.co_firstlineno, ""
    for instruction in instructions:
        at = instruction.starts_line or at
        name = instruction.argval
        if instruction.opname.startswith(_LOADS):
            before = name if isinstance(name, str) else ""
            read = [name] if isinstance(name, str) else list(name)
        else:
            read = [f"{before}.{name}"] if instruction.opname in _ATTRIBUTES and before else []
            before = ""
        if is_short or at == line:
            names.update(dict.fromkeys(read))
    return list(names)


def _attributes(value: Any) -> dict[str, Any]:
    """What an object holds itself. A module of torch keeps its weights apart."""
    held = held_by(value)
    weights = held.get("_parameters")
    return {**held, **weights} if type(weights) is dict else held


def kind_of(value: Any) -> str:
    """A type in a few characters, with what it holds and how much: "list[float] 1000", "ndarray[float64] 1000x3"."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    if kind in (list, tuple, set, frozenset, dict):
        inner = f"[{_held(value)}]" if value else ""
        return f"{kind.__name__}{inner} {len(value)}"
    if package in ("numpy", "torch") and hasattr(value, "dtype") and hasattr(value, "shape"):
        dtype = str(value.dtype).removeprefix("torch.")
        if not value.shape and package == "numpy":
            return dtype
        return f"{kind.__name__}[{dtype}] {'x'.join(map(str, value.shape))}".rstrip()
    if package == "pandas" and kind.__name__ in ("DataFrame", "Series"):
        inner = f"[{value.dtype}]" if kind.__name__ == "Series" else ""
        return f"{kind.__name__}{inner} {'x'.join(map(str, value.shape))}"
    return kind.__name__


def _held(value: Any) -> str:
    """The type of what a container holds, by its first; of a tuple, which may be a record, by all that differ."""
    first = type(next(iter(value)))
    kinds = {type(each) for each in value[:MOST_FIELDS]} if type(value) is tuple else {first}
    alike = len(kinds) == 1 or {each.__name__ for each in kinds} <= _NUMBERS
    return first.__name__ if alike else "object"
