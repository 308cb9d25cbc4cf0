"""A program that runs with other source in one of its files."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any


@contextmanager
def altered(place: str, source: str) -> Iterator[None]:
    """Whoever compiles or imports the file `place` gets `source` in its stead, also where a compiled one is kept."""
    wanted = os.path.realpath(place)
    plain_compile, plain_get_code = builtins.compile, SourceFileLoader.get_code

    def is_wanted(filename: object) -> bool:
        return isinstance(filename, str) and (filename == place or os.path.realpath(filename) == wanted)

    def compile_altered(text: Any, filename: Any, *rest: Any, **options: Any) -> Any:  # as the builtin takes and gives
        return plain_compile(source if is_wanted(filename) else text, filename, *rest, **options)

    def get_altered(loader: SourceFileLoader, name: str) -> CodeType | None:
        path = loader.get_filename(name)
        if is_wanted(path):
            found: CodeType = plain_compile(source, path, "exec", dont_inherit=True)
            return found
        return plain_get_code(loader, name)

    builtins.compile = compile_altered  # type: ignore[assignment]  # the builtin is overloaded
    SourceFileLoader.get_code = get_altered  # type: ignore[assignment,method-assign]  # of this one class
    try:
        yield
    finally:
        builtins.compile = plain_compile
        SourceFileLoader.get_code = plain_get_code  # type: ignore[method-assign]
