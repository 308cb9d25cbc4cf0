"""Lines whose cost grows with all that was gathered so far, though nothing is copied: it is gone through again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import REMARKABLE_S
from ds_notebook.profile.rules._kept import emptied, puts, runs_often
from ds_notebook.profile.rules._seconds import Spent, above, by, critical, innermost
from ds_notebook.profile.rules._source import Code, called, code, dotted, handed_on, keyword
from ds_notebook.profile.rules._torch import is_backward

_OF_ALL = set(
    "sum fsum max min sorted mean nanmean fmean average median std stdev var percentile quantile "
    "array asarray stack vstack hstack concatenate cat DataFrame concat join".split()
)
"""Functions that look at each thing in what they are given."""


def rescanned(profile: Profile) -> Iterator[tuple[Frame, Spent, str]]:
    """Each line that takes a measure of all there is each time something is put in, its time, and what grows."""
    for at, spent in by(critical(profile), lambda stack: innermost(profile, stack)).items():
        tree = code(profile, at.place)
        if tree is None or spent.wall_s < REMARKABLE_S or not runs_often(tree, at.line):
            continue
        given = {dotted(each) for call in tree.calls(at.line) if _is_of_all(call) for each in call.args}
        for put in puts(tree) if given else ():
            if put.container in given and not emptied(tree, put) and _take_turns(tree, put.line, at.line):
                yield at, spent, put.container
                break


def _is_of_all(call: ast.Call) -> bool:
    return called(call).rpartition(".")[2] in _OF_ALL


def _take_turns(tree: Code, put: int, read: int) -> bool:
    """In the same rounds of one loop, or in one function that is called again and again."""
    put_loops, read_loops = tree.loops(put), tree.loops(read)
    if put_loops or read_loops:
        return bool(put_loops and read_loops) and put_loops[-1].first == read_loops[-1].first
    return tree.function(put) is tree.function(read) and tree.function(put) is not None


def carried(profile: Profile) -> Iterator[tuple[Frame, Spent, str]]:
    """Each backward pass that goes through all steps before, as a state is handed on with its graph."""
    stacks = [stack for stack in critical(profile) if any(map(is_backward, stack.frames))]
    for at, spent in by(stacks, lambda stack: above(profile, stack, is_backward)).items():
        tree = code(profile, at.place)
        if tree is None or spent.wall_s < REMARKABLE_S or not runs_often(tree, at.line):
            continue
        if any(getattr(keyword(call, "retain_graph"), "value", False) is True for call in tree.calls(at.line)):
            for state in _handed_on(tree, at.line):
                yield at, spent, state


def _handed_on(tree: Code, line: int) -> Iterator[str]:
    """What lives on from one backward pass to the next, and is made anew by no call but the one that is given it."""
    rounds, function = tree.loops(line), tree.function(line)
    detached = {dotted(call.func) for call in tree.all_calls()}
    assigned = [node for node in ast.walk(tree.tree) if isinstance(node, ast.Assign)]
    together = [node for node in assigned if tree.function(node.lineno) is function]
    in_round = [node for node in together if rounds and rounds[-1].repeats(node.lineno)]
    for node in together:
        for name in handed_on(node):
            between = together if "." in name else in_round
            others = [each for each in between if each is not node and name in {dotted(to) for to in each.targets}]
            cut = {f"{name}.detach", f"{name}.detach_"} & detached
            if node in between and not others and not cut:
                yield name
