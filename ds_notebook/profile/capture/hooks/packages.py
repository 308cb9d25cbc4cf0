"""Which packages are at work: those whose objects the user's code holds, and those that they need themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any

from ds_notebook.profile.capture.hooks.arguments import is_traced, variables
from ds_notebook.profile.capture.scope import Scope

EVERY_S = 0.1
MOST_VALUES = 200
"""Of a frame's variables that are looked at."""
MOST_INSIDE = 20
"""Of the attributes of one of the user's objects."""
FEWEST_MODULES = 20
"""Newly loaded ones: fewer cannot have taken long."""
_DEFINED = (type, ModuleType, FunctionType, BuiltinFunctionType)
"""To have a package's functions and classes at hand is not to have used it."""


@contextmanager
def packages(scope: Scope) -> Iterator[None]:
    """Looks at the variables of the user's frames, and at the end at what the new modules hold of each other."""
    seen: set[str] = set()
    before = set(sys.modules)

    def look_for_packages(frame: FrameType, _: float) -> None:
        users = scope.places.users_frame(frame)
        if users is not None and not is_traced(frame):
            seen.update(_packages_of(islice(variables(users).values(), MOST_VALUES)))

    scope.sampler.looks.add(EVERY_S, look_for_packages)
    try:
        yield
    finally:
        scope.found.packages = sorted(seen - sys.stdlib_module_names - {"__main__", ""})
        scope.found.requires = _requires(set(sys.modules) - before)


def _packages_of(values: Iterable[Any]) -> Iterator[str]:
    """Of the values, of the first item in a list, tuple or dict, and of what the user's own objects hold."""
    for value in values:
        for each in (value, *_inside(value)):
            if not isinstance(each, _DEFINED):
                yield _top(type(each).__module__)


def _inside(value: Any) -> Sequence[Any]:  # any object of the user's
    kind = type(value)
    if kind is list or kind is tuple:
        return list(value[:1])
    if kind is dict:
        return list(islice(value.values(), 1))
    if kind.__module__ == "__main__" and hasattr(value, "__dict__"):
        return list(vars(value).values())[:MOST_INSIDE]
    return ()


def _requires(new: set[str]) -> dict[str, list[str]]:
    """By package those others, loaded as well, of which its modules hold modules, classes or functions."""
    if len(new) < FEWEST_MODULES:
        return {}
    tops = {_top(name) for name in new} - sys.stdlib_module_names
    needs: dict[str, set[str]] = {top: set() for top in tops}
    for name in new:
        module, top = sys.modules.get(name), _top(name)
        if type(module) is ModuleType and top in needs:
            # by its type: to ask a thing for its class may warn the user, as some of torch's do
            defined = [value for value in list(vars(module).values()) if issubclass(type(value), _DEFINED)]
            needs[top].update(map(_origin, defined))
    return {top: sorted((found & tops) - {top}) for top, found in needs.items() if (found & tops) - {top}}


def _origin(value: type | ModuleType | FunctionType | BuiltinFunctionType) -> str:
    if isinstance(value, type):
        return _top(type.__dict__["__dict__"].__get__(value).get("__module__"))
    return _top(value.__name__ if isinstance(value, ModuleType) else value.__module__)


def _top(module: object) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""
