"""Lines of a training loop that make what the model is given."""

from __future__ import annotations

import ast

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.rules._source import Loop, code, loaded, names_of
from ds_notebook.profile.rules._torch import has, is_backward, is_forward


def made_for_training(profile: Profile, stacks: list[Stack], at: Frame, loop: Loop) -> set[int]:
    """Those that bind, by a call, a name that a module or a function that trains is given, or that it is made from."""
    tree = code(profile, at.place)
    using = {line for stack in stacks if (line := _uses(stack, at.place, loop))}
    statements = [statement for line in using if tree and (statement := tree.statement(line))]
    names = loop.made_from({name for statement in statements for name in loaded(statement)})
    assigned = [node for part in loop.body for node in ast.walk(part) if isinstance(node, ast.Assign)]
    lines: set[int] = set()
    for node in assigned:
        bound = {name for target in node.targets for name in names_of(target)}
        if bound & names and any(isinstance(each, ast.Call) for each in ast.walk(node.value)):
            lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines - using


def _uses(stack: Stack, place: str, loop: Loop) -> int | None:
    """The line of the loop below which a model computes; of a backward pass only where a function was called for it,
    for in the loop itself it is given a loss and no data."""
    if not has(stack, is_forward, is_backward):
        return None
    for i, frame in enumerate(stack.frames):
        if frame.place == place and loop.repeats(frame.line):
            in_callee = any(each.place == place for each in stack.frames[i + 1 :])
            return frame.line if in_callee or has(stack, is_forward) else None
    return None
