"""What kinds of objects the user's hot lines work on."""

from __future__ import annotations

import dis
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from ds_notebook.profile.capture.hooks.arguments import variables
from ds_notebook.profile.capture.scope import Scope

EVERY_S = 0.05
HOT = 3
"""Looks that must meet a line before it is worth the trouble."""
MOST_LINES = 200


@contextmanager
def names_on_hot_lines(scope: Scope) -> Iterator[None]:
    """Notes, once a line, the type of each name that the line reads."""
    met: Counter[tuple[int, int]] = Counter()

    def look_at_names(frame: FrameType, _: float) -> None:
        users = scope.places.users_frame(frame)
        if users is None:
            return
        line = users.f_lineno
        met[id(users.f_code), line] += 1
        if met[id(users.f_code), line] == HOT and len(scope.found.types) < MOST_LINES:
            scope.found.types[scope.places.text(users.f_code, line)] = _types(users, line)

    scope.sampler.look_every(EVERY_S, look_at_names)
    yield


def _types(frame: FrameType, line: int) -> dict[str, str]:
    found = variables(frame)
    kinds = {}
    for name in _names_read(frame.f_code, line):
        if name in found:
            kinds[name] = kind_of(found[name])
        elif name in frame.f_globals:
            kinds[name] = kind_of(frame.f_globals[name])
    return kinds


def _names_read(code: CodeType, line: int) -> list[str]:
    names: dict[str, None] = {}
    at = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        at = instruction.starts_line or at
        loads = instruction.opname.startswith(("LOAD_FAST", "LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"))
        if at == line and loads:
            names.update(
                dict.fromkeys([instruction.argval] if isinstance(instruction.argval, str) else instruction.argval)
            )
    return list(names)


def kind_of(value: Any) -> str:
    """A type in a few characters, with what it holds and how much: "list[float] 1000", "ndarray[float64] 1000x3"."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    if kind in (list, tuple, set, frozenset, dict):
        first = next(iter(value), None)
        inner = f"[{type(first).__name__}]" if value else ""
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
