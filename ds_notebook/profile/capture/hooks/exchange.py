"""Functions of a module, replaced wherever the user has them for a while: `json.dumps`, `from json import dumps`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType, TracebackType
from typing import Any, Self

from ds_notebook.profile.capture.places import Places


class Exchange:
    """A context: afterwards the functions are themselves again, also in modules that were imported meanwhile.

    Of modules that were there before, the user's own are looked through and the functions' owners: to look at all
    two thousand of a kernel takes 60 ms. What a library has imported by name is not counted.
    """

    def __init__(self, places: Places) -> None:
        self._loaded = set(sys.modules)
        self._wanted = {name for name, module in _modules() if name == "__main__" or _is_users(module, places)}
        self._back: dict[int, tuple[object, object]] = {}

    def replace(self, owner: str, functions: Mapping[Any, object]) -> None:
        """Put each function's substitute in its place."""
        self._wanted.add(owner)
        _exchange({id(before): (before, by) for before, by in functions.items()}, self._modules())
        self._back |= {id(by): (by, before) for before, by in functions.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _exchange(self._back, self._modules())

    def _modules(self) -> list[ModuleType]:
        return [module for name, module in _modules() if name in self._wanted or name not in self._loaded]


def _modules() -> list[tuple[str, ModuleType]]:
    """Not the lazy ones, each of a class of its own: they would load what they only promise."""
    return [(name, module) for name, module in list(sys.modules.items()) if type(module) is ModuleType]


def _is_users(module: ModuleType, places: Places) -> bool:
    file = vars(module).get("__file__")
    return isinstance(file, str) and places.look_up(file).whose == "users"


def _exchange(by_id: Mapping[int, tuple[object, object]], modules: list[ModuleType]) -> None:
    """In these modules and their classes, the second object in place of the first."""
    for module in modules:
        classes = [value for value in list(vars(module).values()) if type(value) is type]
        for owner in (module, *(each for each in classes if each.__module__ == module.__name__)):
            for name, value in list(vars(owner).items()):
                if id(value) in by_id:
                    setattr(owner, name, by_id[id(value)][1])
