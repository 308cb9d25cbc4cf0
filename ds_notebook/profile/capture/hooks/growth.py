"""Where memory was taken that is still held at the end, by the user's line."""

from __future__ import annotations

import ast
import linecache
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from ds_notebook.profile.capture.scope import Scope

FRAMES = 4
"""Calls from the allocation outwards in which the user's line is looked for; each makes the tracing slower."""
MOST_LINES = 20


@contextmanager
def growth(scope: Scope) -> Iterator[None]:
    """Traces every allocation of Python and numpy: what makes many small objects takes ten to thirty times as long."""
    began_here = not tracemalloc.is_tracing()
    if began_here:
        tracemalloc.start(FRAMES)
    before = None if began_here else tracemalloc.take_snapshot()
    try:
        yield
    finally:
        if tracemalloc.is_tracing():  # or the user's code has ended it
            after = tracemalloc.take_snapshot()
            if began_here:
                tracemalloc.stop()
            scope.found.growth_by_line = _by_line(scope, after, before)
        else:
            scope.found.remarks.append("The code stopped tracemalloc, so no line is told for the memory that is held.")


def _by_line(scope: Scope, after: tracemalloc.Snapshot, before: tracemalloc.Snapshot | None) -> list[tuple[str, int]]:
    sums: Counter[tuple[str, int]] = Counter()
    for snapshot, sign in ((after, 1), (before, -1)):
        for trace in snapshot.traces if snapshot else ():
            users = [frame for frame in trace.traceback if scope.places.look_up(frame.filename).whose == "users"]
            if users:
                sums[users[-1].filename, users[-1].lineno] += sign * trace.size
    return [
        (f"{_function(file, line)} ({scope.places.of(file).name}:{line})", size)
        for (file, line), size in sums.most_common(MOST_LINES)
        if size > 0
    ]


def _function(file: str, line: int) -> str:
    """The innermost function or class around a line; tracemalloc knows lines alone."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return "<module>"
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    named = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    return ".".join(node.name for node in named if node.lineno <= line <= (node.end_lineno or 0)) or "<module>"
