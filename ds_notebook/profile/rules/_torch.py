"""Which stacks are a step of training: forward, backward, optimizer, and the loop around them."""

from __future__ import annotations

import ast

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.observed import Model
from ds_notebook.profile.rules._seconds import Match, inside, name
from ds_notebook.profile.rules._source import calls_to, code, keyword


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
    fewest = min((each.num_workers for each in profile.observed.loaders), default=None)
    named = [keyword(call, "num_workers") for _, call in calls_to(profile, "DataLoader")]
    return any(value.value == fewest if isinstance(value, ast.Constant) else value is not None for value in named)


def main_models(profile: Profile) -> list[Model]:
    """Those that ran, the most used first."""
    return sorted(profile.observed.models, key=lambda model: -model.calls * max(model.num_parameters, 1))


def made_at(profile: Profile, called: str) -> Frame | None:
    """The line that makes a loader, an optimizer; None where there are several, or none."""
    found = [frame for frame, _ in calls_to(profile, called)]
    return found[0] if len(found) == 1 else None
