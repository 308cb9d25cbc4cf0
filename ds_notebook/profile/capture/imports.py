"""Hooks for libraries: installed now if the library is loaded, or right after it is imported during the profile."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class Imports:
    """A finder in front of the others, which finds nothing itself: it only learns when a library has been loaded."""

    def __init__(self) -> None:
        self.remarks: list[str] = []
        self._awaited: dict[str, list[Callable[[], None]]] = {}
        self._finding: set[str] = set()

    def when_loaded(self, name: str, install: Callable[[], None]) -> None:
        """Call `install` once the module is there: now, or after its import."""
        self._awaited.setdefault(name, []).append(install)
        if name in sys.modules:
            self._loaded(name)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As the import system asks; None for what no hook awaits."""
        if name not in self._awaited or name in self._finding:
            return None
        self._finding.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._finding.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Told(spec.loader, lambda: self._loaded(name))  # type: ignore[assignment]  # has all of it
        return spec

    def _loaded(self, name: str) -> None:
        for install in self._awaited.pop(name, []):
            try:
                install()
            except Exception as error:  # another version of the library: the user's import must not fail by it
                self.remarks.append(f"{name} is not counted: {type(error).__name__}: {error}.")


class _Told:
    """A module's own loader, and a word after it has done its work."""

    def __init__(self, loader: Any, tell: Callable[[], None]) -> None:  # any of Python's loaders
        self._loader = loader
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing of ours stays on the module."""
        spec = module.__spec__
        if spec is not None:
            spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._tell()


@contextmanager
def imports_watched() -> Iterator[Imports]:
    """In this block hooks hear of imports."""
    imports = Imports()
    sys.meta_path.insert(0, imports)
    try:
        yield imports
    finally:
        sys.meta_path.remove(imports)
