"""How often regular expressions were compiled, and how many different ones, by the user's line."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ds_notebook.profile.capture.hooks.patches import Patches
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.profile.observed import Patterns

COMPILER = "re._compiler" if sys.version_info >= (3, 11) else "sre_compile"
MOST_PATTERNS = 100_000
"""Different ones of a line that are told apart."""


class _Counts:
    __slots__ = ("compilations", "first_s", "met", "seconds")

    def __init__(self) -> None:
        self.compilations = 0
        self.seconds = 0.0
        self.first_s = 0.0
        self.met: set[int] = set()


@contextmanager
def patterns(scope: Scope) -> Iterator[None]:
    """Counts what reaches the compiler of `re`: what its cache answers does not."""
    by_line: dict[str, _Counts] = {}
    with Patches() as patches:
        scope.imports.when_loaded(COMPILER, lambda: _install(patches, scope, by_line))
        try:
            yield
        finally:
            scope.found.patterns = [
                Patterns(
                    site=site,
                    compilations=each.compilations,
                    distinct=len(each.met),
                    seconds=each.seconds,
                    first_s=each.first_s,
                )
                for site, each in by_line.items()
            ]


def _install(patches: Patches, scope: Scope, by_line: dict[str, _Counts]) -> None:
    compiler: Any = sys.modules[COMPILER]
    compile_pattern = compiler.compile

    @functools.wraps(compile_pattern)
    def counted(pattern: Any, flags: int = 0) -> Any:  # a pattern of text or bytes, or a parsed one
        began_s = time.perf_counter()
        compiled = compile_pattern(pattern, flags)
        seconds = time.perf_counter() - began_s
        if (site := scope.places.site(sys._getframe(1))) and isinstance(pattern, str | bytes):
            _add(by_line.setdefault(site, _Counts()), hash((pattern, flags)), seconds)
        return compiled

    patches.set(compiler, "compile", counted)


def _add(counts: _Counts, mark: int, seconds: float) -> None:
    counts.compilations += 1
    counts.seconds += seconds
    if mark not in counts.met and len(counts.met) < MOST_PATTERNS:
        counts.met.add(mark)
        counts.first_s += seconds
