"""Loops that do the same for other data each time round, so that the rounds could be done together."""

from __future__ import annotations

import ast
from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.rules._seconds import inside
from ds_notebook.profile.rules._source import Code, Loop, called, code, loaded, names_of

_SOLVERS = ("scipy/integrate/", "scipy/optimize/", "scipy/sparse/linalg/")
"""They call a function of the user's again and again, each time with what came of the calls before."""


class Rounds(NamedTuple):
    """Such a loop, and the line in it that was running."""

    at: Frame
    loop: Loop

    def runs(self, stack: Stack) -> bool:
        """Whether a stack lies in the loop."""
        return any(frame.place == self.at.place and self.loop.repeats(frame.line) for frame in stack.frames)


def rounds_of(profile: Profile, stack: Stack, at: Frame) -> Rounds | None:
    """The innermost loop around a user's line in a stack, or around the calls that led there, whose rounds do not
    build on each other as far as goes what they give to that line."""
    frames = list(stack.frames)
    if at not in frames or at.place not in profile.sources:
        return None
    callee = ""
    for frame in reversed(frames[: len(frames) - frames[::-1].index(at)]):
        if frame.place not in profile.sources:
            if inside(frame, *_SOLVERS):
                return None
            continue
        tree = code(profile, frame.place)
        for loop in reversed(tree.loops(frame.line)) if tree else ():
            if tree and _is_new_and_free(loop, _given(tree, frame.line, callee)):
                return Rounds(frame, loop)
        callee = frame.function.rpartition(".")[2]
    return None


def _is_new_and_free(loop: Loop, given: list[ast.AST]) -> bool:
    """Whether what is given differs from round to round, and is not made from what a round came to."""
    names = {name for part in given for name in loaded(part)}
    sources = loop.made_from(names)
    steps = {name for part in loop.body for node in ast.walk(part) for name in _stepped(node)}
    made = [*given, *(value for name in sources for value in loop.values_of(name))]
    calls = any(isinstance(node, ast.Call) for part in made for node in ast.walk(part))
    return not sources & loop.carried and (bool(sources & (loop.targets | steps)) or calls)


def _stepped(node: ast.AST) -> set[str]:
    return names_of(node.target) if isinstance(node, ast.AugAssign) else set()


def _given(tree: Code, line: int, callee: str) -> list[ast.AST]:
    """The arguments of the calls on a line, of those to `callee` if there are such; without calls, all of it."""
    calls = tree.calls(line)
    led = [call for call in calls if called(call).rpartition(".")[2] == callee] or calls
    given: list[ast.AST] = [part for call in led for part in (*call.args, *call.keywords)]
    statement = tree.statement(line)
    return given or ([getattr(statement, "value", None) or statement] if statement else [])
