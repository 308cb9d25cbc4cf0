"""cProfile's .pstats: calls and times by function and caller, from which stacks are rebuilt.

The file knows who called whom, not through whom: a function's time is shared among its callees as it was over all of
its calls, so a path's share is an estimate where a function has several callers.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import NamedTuple

from ds_notebook.profile.folded import Frame
from ds_notebook.profile.formats.marshalled import Value, read
from ds_notebook.profile.formats.opened import MOST_PSTATS_BYTES, broken, check_size
from ds_notebook.record.events import Stacks

LEAST_SHARE = 0.0002
"""Of the time: what lighter paths took stays with their caller."""
LEAST_OUTSIDE = 0.02
"""Of a function's time that its known callers do not explain: less is the clock's grain."""
DEEPEST = 100
MOST_PATHS = 20_000
MOST_CALLS = 1_000_000
"""Pairs of caller and callee, each read once."""

Function = tuple[str, int, str]
"""File, line of the `def`, name."""


class _Times(NamedTuple):
    whole_s: float
    callees: dict[Function, float]
    """Seconds in each, called from this one."""


def stacks(path: Path, count_s: float) -> Iterator[Stacks]:
    """The stacks of the file; raises UsageError for what is none."""
    check_size(path, MOST_PSTATS_BYTES)
    try:
        graph, roots = _graph(read(path.read_bytes()))
    except ValueError as error:
        raise broken(path, str(error)) from None
    frames: dict[str, int] = {}
    paths: list[list[int]] = []
    weights_s: list[float] = []
    for stack, own_s in _paths(graph, roots):
        paths.append([frames.setdefault(_text(function), len(frames)) for function in stack])
        weights_s.append(own_s)
    yield Stacks(frames=list(frames), stacks=paths, weights_s=weights_s)


def is_pstats(start: bytes) -> bool:
    """Whether a file that begins so is a marshalled dict with a tuple in it, and no JSON."""
    return len(start) > 1 and start[0] & 0x7F == ord("{") and start[1] & 0x7F in b"()0"


def _graph(content: Value) -> tuple[dict[Function, _Times], dict[Function, float]]:
    """Each function's times; and the seconds of those that were called from outside of the profile."""
    if not isinstance(content, dict):
        raise ValueError("it does not hold a dict")
    graph = {_function(key): _Times(_seconds(value, 3), {}) for key, value in content.items()}
    roots: dict[Function, float] = {}
    num_calls = 0
    for function, value in content.items():
        callers = value[4] if len(value) == 5 and isinstance(value[4], dict) else None
        if callers is None:
            raise ValueError(f"the callers of {function[2]!r:.40} are missing")
        num_calls += len(callers)
        if num_calls > MOST_CALLS:
            raise ValueError("it has more calls than a program has")
        whole_s = graph[function].whole_s
        from_inside_s = 0.0
        for caller, times in callers.items():
            if caller != function and caller in graph:
                graph[caller].callees[function] = _seconds(times, 3)
                from_inside_s += graph[caller].callees[function]
        if whole_s - from_inside_s > LEAST_OUTSIDE * whole_s:  # `exec` runs the program, and within it its imports
            roots[function] = whole_s - from_inside_s
    return graph, roots


def _function(key: Value) -> Function:
    match key:
        case (str(file), int(line), str(name)):
            return file, line, name
    raise ValueError("a function in it has no file, line and name")


def _seconds(times: Value, place: int) -> float:
    match times:
        case tuple() if len(times) > place and isinstance(times[place], float | int) and 0 <= times[place] < inf:
            return float(times[place])
    raise ValueError("a function in it has no times")


def _paths(graph: dict[Function, _Times], roots: dict[Function, float]) -> Iterator[tuple[tuple[Function, ...], float]]:
    """Each path and its own seconds, the heaviest first at each level; they add up to the time of the roots."""
    least_s = LEAST_SHARE * sum(roots.values())
    waiting: list[tuple[tuple[Function, ...], float]] = [
        ((root,), roots[root]) for root in sorted(roots, key=roots.__getitem__)
    ]
    num_paths = 0
    while waiting:
        path, whole_s = waiting.pop()
        num_paths += 1
        own_s = whole_s
        if num_paths + len(waiting) < MOST_PATHS and len(path) < DEEPEST:
            called = sorted(_called(graph, path, whole_s), key=lambda pair: pair[1])
            kept = [(callee, spent_s) for callee, spent_s in called if spent_s > least_s]
            own_s -= sum(spent_s for _, spent_s in kept)
            waiting += [((*path, callee), spent_s) for callee, spent_s in kept]
        if own_s > 0:
            yield path, own_s


def _called(
    graph: dict[Function, _Times], path: tuple[Function, ...], whole_s: float
) -> Iterator[tuple[Function, float]]:
    """The callees of a path and their share of its time; one that is on the path already is recursion, and left out."""
    times = graph[path[-1]]
    scale = whole_s / max(times.whole_s, sum(times.callees.values()), 1e-12)
    for callee, spent_s in times.callees.items():
        if callee not in path:
            yield callee, spent_s * scale


def _text(function: Function) -> str:
    file, line, name = function
    return name if file == "~" else str(Frame(name, file, line))
