"""What a stack was busy with, as the parts of a training step: a pure function of its frames."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, get_args

from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Weight
from ds_notebook.profile.places import is_users, short

Phase = Literal[
    "data wait",
    "host to device",
    "forward",
    "backward",
    "optimizer",
    "communication",
    "logging",
    "Python overhead",
    "idle",
    "unknown",
]
PHASES: tuple[Phase, ...] = get_args(Phase)
"""In the order of a step."""
IDLE_BELOW = 0.2
"""A thread that had a core for less of its time than this did not work."""

_COVERING: tuple[Phase, ...] = ("data wait", "communication", "logging", "backward")
"""Whatever runs below one of these belongs to it, the first of them before the others: a transform that is a module is
no forward pass, a recomputed forward pass is part of the backward one."""

_KNOWN: tuple[tuple[Phase, str, str], ...] = (
    ("data wait", r"torch/utils/data/.*", r".*"),
    ("data wait", r"ds_notebook/record/run\.py", r"steps"),
    ("communication", r"torch/distributed/.*|torch/nn/parallel/(distributed|comm)\.py", r".*"),
    ("logging", r"logging/.*|tqdm/.*|wandb/.*|mlflow.*/.*|tensorboard.*/.*|torch/utils/tensorboard/.*", r".*"),
    ("logging", r"ipykernel/iostream\.py|ds_notebook/record/.*", r"write|log|note|emit"),
    (
        "backward",
        r"torch/_tensor\.py|torch/autograd/.*",
        r"backward|grad|_engine_run_backward",
    ),
    ("optimizer", r"torch/optim/.*|torch/amp/grad_scaler\.py|torch/nn/utils/clip_grad\.py", r".*"),
    ("host to device", r"torch/nn/modules/module\.py", r"to|cuda|convert|_apply"),
    ("forward", r"torch/nn/.*|torch/_dynamo/eval_frame\.py|torch/utils/checkpoint\.py", r".*"),
)
"""Phase, files and functions; the first that fits counts."""
_FITTING = [(phase, re.compile(files), re.compile(functions)) for phase, files, functions in _KNOWN]
_WAITING = re.compile(
    r"(threading|selectors|queue|subprocess|socket|ssl|select)\.py|asyncio/.*|concurrent/futures/.*"
    r"|multiprocessing/(connection|queues|synchronize|popen_.*)\.py"
)
_CALLS = re.compile(r"[\w\])]\s*\(|@")
"""A line with a call, or a matrix product, may be anywhere; what is left is the interpreter's own work."""

_SPANS: dict[str, Phase] = {
    **dict.fromkeys(["data", "data wait", "load", "loading", "batch", "fetch"], "data wait"),
    **dict.fromkeys(["to device", "host to device", "h2d", "transfer", "copy", "move"], "host to device"),
    **dict.fromkeys(["forward", "forward pass", "loss", "model"], "forward"),
    **dict.fromkeys(["backward", "backward pass", "gradients"], "backward"),
    **dict.fromkeys(["optimizer", "optimizer step", "optimiser", "step", "update"], "optimizer"),
    **dict.fromkeys(["communication", "all reduce", "allreduce", "sync", "barrier"], "communication"),
    **dict.fromkeys(["log", "logging", "metrics"], "logging"),
    **dict.fromkeys(["idle", "sleep", "wait"], "idle"),
}


@lru_cache(maxsize=20_000)
def phase_of_frame(frame: Frame) -> Phase | None:
    """The phase that running code of this function means, whatever called it."""
    place = short(frame.place)
    function = frame.function.rpartition(".")[2]
    for phase, files, functions in _FITTING:
        if files.fullmatch(place) and functions.fullmatch(function):
            return phase
    return None


def phase_of(frames: Iterable[Frame], weight: Weight | None = None, line: str = "") -> Phase:
    """The phase of a stack, root first.

    `weight` tells idle from busy, `line`, the text of the user's innermost line, Python's own work from a call.
    """
    frames = tuple(frames)
    if any(frame.place.startswith("<frozen importlib") for frame in frames):
        return "unknown"  # importing torch's optimizers steps none
    met = [phase for frame in frames if (phase := phase_of_frame(frame)) is not None]
    for phase in _COVERING:
        if phase in met:
            return phase
    if met:
        return met[-1]
    return _without_torch(frames, weight, line)


def _without_torch(frames: tuple[Frame, ...], weight: Weight | None, line: str) -> Phase:
    if not frames:
        return "unknown"
    leaf = frames[-1]
    asleep = weight is not None and weight.cpu_s is not None and weight.cpu_s < IDLE_BELOW * weight.wall_s
    if asleep or _WAITING.fullmatch(short(leaf.place)):
        return "idle"
    if is_users(leaf.place) and line.strip() and not _CALLS.search(line):
        return "Python overhead"
    return "unknown"


def phase_of_span(name: str) -> Phase | None:
    """The phase that the user calls so in `run.span`; None for work with a name of its own."""
    return _SPANS.get(re.sub(r"[\s_-]+", " ", name.strip().lower()))
