"""A call's arguments as something that can be compared: equal fingerprints are equal arguments, as far as can be seen.

Nothing of the user's runs for it: no `__eq__`, `__hash__` or `__len__` but those of Python's, numpy's and torch's own
types. What could change without being seen (an open file, a connection, a model) is unlike everything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice
from types import CodeType, FrameType
from typing import Any

OPAQUE = object()
"""Of an argument that cannot be told from another one."""

_PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None), range, slice})
_FIXED = ("datetime", "decimal", "fractions", "pathlib", "uuid")
"""Modules whose objects never change."""
_TRACERS = frozenset(os.path.join(os.path.dirname(os.__file__), name) for name in ("bdb.py", "profile.py", "trace.py"))
_OPTIMIZED = 0x1
"""The flag of functions: their variables do not lie in a dict of the user's."""
SAMPLED = 16
"""Items of a container that are looked at."""
DEEPEST = 4


def arguments(frame: FrameType) -> dict[str, Any]:  # the user's own objects
    """A function's arguments by name, as they are now."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x4) + bool(code.co_flags & 0x8)
    names = code.co_varnames[:count]
    found = variables(frame)
    return {name: found[name] for name in names if name in found}


def variables(frame: FrameType) -> dict[str, Any]:  # the user's own objects
    """A frame's variables; the frame holds on to none of them for having been asked."""
    locals_ = frame.f_locals
    if not frame.f_code.co_flags & _OPTIMIZED:
        return dict(locals_)
    found = dict(locals_)
    # Before 3.13 Python makes a dict for who asks and keeps it with the frame: emptied, or a large array would live
    # as long as the function that deleted it. Unless the user has it too, from `locals()`.
    if type(locals_) is dict and sys.getrefcount(locals_) <= 3:
        locals_.clear()
    return found


def is_traced(frame: FrameType | None) -> bool:
    """Whether a debugger or profiler written in Python is at work on a stack; no variable is to be looked at then.

    Before 3.13 Python gives it each frame's variables in a dict and takes them back from there: what `variables`
    empties meanwhile would be gone for the program.
    """
    while frame is not None:
        if frame.f_trace is not None or frame.f_code.co_filename in _TRACERS:
            return True
        frame = frame.f_back
    return False


def fingerprint(values: dict[str, Any]) -> int | None:
    """One number for all arguments; None where one of them is opaque."""
    parts = tuple(_of(value, DEEPEST) for value in values.values())
    return None if OPAQUE in parts else hash(parts)


def _of(value: Any, depth: int) -> Any:  # any object of the user's; something that can be hashed
    kind = type(value)
    if kind in _PLAIN:
        return kind, value if kind is not slice else str(value)
    if depth == 0:
        return OPAQUE
    if kind in (tuple, list, set, frozenset):
        return _all((kind, len(value)), islice(value, SAMPLED), depth)
    if kind is dict:
        return _all((kind, len(value)), (each for pair in islice(value.items(), SAMPLED) for each in pair), depth)
    if kind.__module__ in _FIXED or kind.__module__.startswith("pathlib."):
        return kind, hash(value)
    if kind is CodeType or kind is type or kind.__name__ in ("function", "builtin_function_or_method", "module"):
        return kind, id(value)
    return _of_array(value, kind)


def _all(head: tuple[Any, ...], items: Iterator[Any], depth: int) -> Any:
    parts = [_of(item, depth - 1) for item in items]
    return OPAQUE if OPAQUE in parts else (*head, *parts)


def _of_array(value: Any, kind: type) -> Any:
    """Arrays by identity, shape and a sample of their contents; tensors count their own changes."""
    package = kind.__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "dtype"):
        if value.ndim == 0:
            return kind, value.item()
        if value.dtype.hasobject:
            return OPAQUE
        step = max(1, value.size // SAMPLED)
        sample = bytes(value.flat[::step][: SAMPLED + 1]) if value.size else b""
        return kind, id(value), value.shape, value.dtype.str, sample
    if package == "torch" and issubclass(kind, sys.modules["torch"].Tensor):
        return kind, id(value), tuple(value.shape), value._version
    if package == "pandas" and kind.__name__ in ("DataFrame", "Series"):
        return _of_frame(value, kind)
    return OPAQUE


def _of_frame(value: Any, kind: type) -> Any:
    """A frame by identity, shape and the contents of its first and last row."""
    if not len(value):
        return kind, id(value), value.shape
    rows = [value.iloc[0], value.iloc[-1]]
    return kind, id(value), value.shape, str(rows[0]), str(rows[1])
