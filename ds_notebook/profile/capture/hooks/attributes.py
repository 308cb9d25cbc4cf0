"""Which attributes of its arguments a function reads: what else an object holds does not change the result."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from types import CodeType, FunctionType
from typing import Any

_LOADS = ("LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF")
MOST_CODES = 1000


@lru_cache(maxsize=MOST_CODES)
def attributes_read(code: CodeType, argument: str) -> frozenset[str] | None:
    """Of an argument, in the function and in those inside it; None where the object itself is handed on or written."""
    names: set[str] = set()
    instructions = list(dis.get_instructions(code))
    for instruction, following in pairwise(instructions):
        if not instruction.opname.startswith(_LOADS) or instruction.argval != argument:
            continue
        if following.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
            return None
        names.add(following.argval)
    for inner in (each for each in code.co_consts if isinstance(each, CodeType) and argument in each.co_freevars):
        read = attributes_read(inner, argument)
        if read is None:
            return None
        names |= read
    return frozenset(names)


def state_read(value: Any, names: frozenset[str]) -> dict[str, Any] | None:  # any object of the user's
    """What an object holds under these names and under those that its methods of these names read.

    None where that cannot be told: a name that is nowhere, a method that hands the object on. No code of the
    user's runs.
    """
    held, found, waiting, met = held_by(value), dict[str, Any](), list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in met:
            continue
        met.add(name)
        if name in held:
            found[name] = held[name]
            continue
        defined = next((vars(kind)[name] for kind in type(value).__mro__ if name in vars(kind)), None)
        function = defined.fget if isinstance(defined, property) else defined
        if isinstance(function, staticmethod | int | float | str | tuple | dict):
            found[name] = None if isinstance(function, staticmethod) else function
            continue
        read = _read_by_method(function)
        if read is None:
            return None
        waiting += read
    return found


def held_by(value: Any) -> dict[str, Any]:  # any object of the user's
    """An object's own attributes, those in slots included; no property of the user's runs."""
    try:
        held = object.__getattribute__(value, "__dict__")
    except AttributeError:
        held = {}
    fields = vars(type(value)).get("_fields")
    if isinstance(value, tuple) and isinstance(fields, tuple):
        return dict(zip(fields, tuple.__iter__(value), strict=False))
    return {**(held if type(held) is dict else {}), **dict(_slots(value))}


def _slots(value: Any) -> Iterator[tuple[str, Any]]:
    for kind in type(value).__mro__:
        for name, member in vars(kind).items():
            if type(member).__name__ == "member_descriptor" and name in vars(kind).get("__slots__", ()):
                try:
                    yield name, member.__get__(value)
                except AttributeError:  # it was never given a value
                    continue


def _read_by_method(function: object) -> frozenset[str] | None:
    while isinstance(function, FunctionType) and hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    if not isinstance(function, FunctionType) or not function.__code__.co_argcount:
        return None
    return attributes_read(function.__code__, function.__code__.co_varnames[0])
