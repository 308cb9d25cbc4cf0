"""Which stacks are a step of training: forward, backward, optimizer, and the loop around them."""

from __future__ import annotations

import ast
from typing import NamedTuple

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.observed import Model
from ds_notebook.profile.rules._seconds import Match, inside, name
from ds_notebook.profile.rules._source import called, calls_to, code, function_name, keyword


def is_forward(frame: Frame) -> bool:
    """A module being called."""
    return inside(frame, "torch/nn/modules/module.py") and name(frame) in ("_call_impl", "_wrapped_call_impl")


def is_backward(frame: Frame) -> bool:
    return inside(frame, "torch/autograd/graph.py", "torch/autograd/__init__.py")


def is_optimizer(frame: Frame) -> bool:
    return inside(frame, "torch/optim/") and not inside(frame, "torch/optim/lr_scheduler.py")


def is_loader(frame: Frame) -> bool:
    return inside(frame, "torch/utils/data/dataloader.py")


def has(stack: Stack, *matches: Match) -> bool:
    """Whether a frame is one of these."""
    return any(match(frame) for frame in stack.frames for match in matches)


def training(stack: Stack) -> bool:
    """Work of the model itself."""
    return has(stack, is_forward, is_backward, is_optimizer)


def in_loop_of(profile: Profile, at: Frame) -> range:
    """Lines of the loop around a line, its head included, or of which it is the head."""
    tree = code(profile, at.place)
    head = tree.heads(at.line) if tree else None
    around = tree.loops(at.line) if tree else []
    loop = head or next(reversed(around), None)
    return range(loop.first, loop.last + 1) if loop else range(at.line, at.line + 1)


def workers_are_named(profile: Profile) -> bool:
    """Whether the user's code says how many workers the loader that ran with fewest is to have."""
    fewest = min((each.num_workers for each in profile.observed.loaders), default=0)
    return fewest > 0 or any(each.says(fewest) for each in named_workers(profile))


class NamedWorkers(NamedTuple):
    """Where the user's code gives a number of loader workers."""

    at: Frame
    value: ast.expr

    def says(self, count: int) -> bool:
        """Whether it is this one, or what it is can only be known when it runs."""
        return self.value.value == count if isinstance(self.value, ast.Constant) else True


def named_workers(profile: Profile) -> list[NamedWorkers]:
    """In calls of DataLoader, and in dicts of options that are given to them."""
    calls = [(at, keyword(call, "num_workers")) for at, call in calls_to(profile, "DataLoader")]
    found = [NamedWorkers(at, value) for at, value in calls if value is not None]
    for place in profile.sources if any(keyword(call, None) for _, call in calls_to(profile, "DataLoader")) else ():
        tree = code(profile, place)
        for node in ast.walk(tree.tree) if tree else ():
            if tree and isinstance(node, ast.Dict | ast.Call) and (value := _option(node, "num_workers")):
                found.append(NamedWorkers(Frame(function_name(tree, value.lineno), place, value.lineno), value))
    return found


def _option(node: ast.Dict | ast.Call, name: str) -> ast.expr | None:
    """Its value in `{"name": value}` or `dict(name=value)`."""
    if isinstance(node, ast.Call):
        return keyword(node, name) if called(node) == "dict" else None
    keys = [getattr(key, "value", None) for key in node.keys]
    return node.values[keys.index(name)] if name in keys else None


def main_models(profile: Profile) -> list[Model]:
    """Those that ran, the most used first."""
    return sorted(profile.observed.models, key=lambda model: -model.calls * max(model.num_parameters, 1))


def made_at(profile: Profile, called: str) -> Frame | None:
    """The line that makes a loader, an optimizer; None where there are several, or none."""
    found = [frame for frame, _ in calls_to(profile, called)]
    return found[0] if len(found) == 1 else None
