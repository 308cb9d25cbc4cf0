"""Profiles made by hand: a source, and for each of its lines what ran there and for how long."""

from __future__ import annotations

import textwrap
from typing import Any

from ds_notebook.profile.folded import Frame, Profile, Stack
from ds_notebook.profile.observed import Observed

PLACE = "program.py"


def profile(source: str, *stacks: Stack, **observed: Any) -> Profile:
    """A profile of `source` with these stacks; `observed` are fields of Observed, on two cores unless said."""
    wall_s = sum(stack.wall_s for stack in stacks if stack.lane == "main")
    counted = {"wall_s": wall_s, "cpu_s": sum(stack.cpu_s for stack in stacks), "cores": 2.0} | observed
    lines = textwrap.dedent(source).strip("\n").split("\n")
    return Profile(stacks=list(stacks), observed=Observed(**counted), sources={PLACE: lines})


def at(line: int, function: str = "<module>") -> Frame:
    """A user's line."""
    return Frame(function, PLACE, line)


def library(place: str, function: str, line: int = 1) -> Frame:
    """A frame of a library: `place` below the folder of packages."""
    return Frame(function, f"/usr/lib/python3/site-packages/{place}", line)


def ran(seconds: float, *frames: Frame, busy: float = 1.0, disk_s: float = 0.0, lane: str = "main") -> Stack:
    """`frames`, root first, ran for so many seconds, `busy` of them on a core."""
    return Stack(lane, frames, seconds, seconds * busy, disk_s)


IMPORT = Frame("_find_and_load", "<frozen importlib._bootstrap>", 1176)
FORWARD = library("torch/nn/modules/module.py", "Module._call_impl")
BACKWARD = library("torch/autograd/graph.py", "_engine_run_backward")
STEP = library("torch/optim/adam.py", "_single_tensor_adam")
NEXT = library("torch/utils/data/dataloader.py", "_BaseDataLoaderIter.__next__")
ONE_PROCESS = library("torch/utils/data/dataloader.py", "_SingleProcessDataLoaderIter._next_data")
FETCH = library("torch/utils/data/_utils/fetch.py", "_MapDatasetFetcher.fetch")
START = library("torch/utils/data/dataloader.py", "_MultiProcessingDataLoaderIter.__init__")
