"""Whether a loop changes one parameter of a model after another."""

from __future__ import annotations

import ast

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.rules._source import Function, Loop, called, code, names_of


def updates(profile: Profile, at: Frame, frame: Frame, loop: Loop) -> bool:
    """Whether the loop, which has the line `frame`, or the function it calls there, which has the line `at`, changes
    tensors that the loop goes over in place, and neither calls a model nor goes backward."""
    tree = code(profile, at.place)
    function = tree.function(at.line) if tree and not loop.repeats(at.line) else None
    if not isinstance(loop.node, ast.For) or (function is not None and not _is_given(loop, function)):
        return False
    nodes = [node for part in (loop.node, *([function] if function else [])) for node in ast.walk(part)]
    changed = loop.targets | _parameters(function)
    if any(_trains(node) for node in nodes) or not any(_in_place(node, changed) for node in nodes):
        return False
    about_gradients = any(isinstance(node, ast.Attribute) and node.attr in ("grad", "data") for node in nodes)
    return about_gradients or _over_parameters(loop) or _are_tensors(profile, at, changed)


def _is_given(loop: Loop, function: Function) -> bool:
    """Whether the loop hands what it goes over to a function of that name."""
    calls = [node for part in loop.body for node in ast.walk(part) if isinstance(node, ast.Call)]
    return any(
        called(call).rpartition(".")[2] == getattr(function, "name", "")
        and {name for argument in call.args for name in names_of(argument)} & loop.targets
        for call in calls
    )


def _parameters(function: Function | None) -> set[str]:
    arguments = [*function.args.posonlyargs, *function.args.args] if function else []
    own = {each.arg for each in arguments} - {"self"}
    nodes = list(ast.walk(function)) if function else []
    taken = [node for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)]
    return own | {name for node in taken if names_of(node.value) & own for name in _bound(node)}


def _bound(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _trains(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and called(node).rpartition(".")[2] in ("backward", "autograd", "forward", "grad")


def _in_place(node: ast.AST, changed: set[str]) -> bool:
    """`p -= ...`, `p.data = ...`, `p.add_(...)`, `state[i].mul_(...)` of what the loop goes over."""
    match node:
        case ast.AugAssign(target=target):
            return bool(names_of(target) & changed)
        case ast.Assign(targets=[ast.Attribute(attr="data") as target]):
            return bool(names_of(target) & changed)
        case ast.Call(func=ast.Attribute(value=of, attr=name)) if name.endswith("_") and not name.startswith("_"):
            return bool(names_of(of) & changed)
    return False


def _over_parameters(loop: Loop) -> bool:
    calls = [node for each in loop.iterables for node in ast.walk(each) if isinstance(node, ast.Call)]
    return any(called(call).rpartition(".")[2] in ("parameters", "named_parameters") for call in calls)


def _are_tensors(profile: Profile, at: Frame, names: set[str]) -> bool:
    """Tensors, where gradients are switched off: without that no parameter could be changed in place."""
    types = profile.observed.types.get(str(at), {})
    tree = code(profile, at.place)
    around = tree.function(at.line) or tree.tree if tree else None
    off = around is not None and any(getattr(node, "attr", "") == "no_grad" for node in ast.walk(around))
    return off and any(types.get(name, "").startswith(("Tensor", "Parameter")) for name in names)
