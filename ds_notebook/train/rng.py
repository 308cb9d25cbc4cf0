"""Every source of random numbers that a training draws from: torch's on each device, numpy's and Python's."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


def seed_all(seed: int) -> None:
    """Start each source from `seed`."""
    torch.manual_seed(seed)
    seed_cpu(seed)


def seed_cpu(seed: int) -> None:
    """Start the sources that data is made with from `seed`: a GPU's is left alone."""
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed & 0xFFFF_FFFF)


def rng_state(device: torch.device | None = None) -> dict[str, Any]:
    """The state of each source, `device`'s among them: tensors, numbers and tuples."""
    state: dict[str, Any] = {"torch": torch.get_rng_state(), "python": random.getstate()}
    if numpy := sys.modules.get("numpy"):
        state["numpy"] = numpy.random.get_state()
    if device is not None and device.type in ("cuda", "mps", "xpu"):
        state[device.type] = getattr(torch, device.type).get_rng_state()
    return state


def set_rng_state(state: dict[str, Any]) -> None:
    """Put each source back; one that this machine lacks is passed over."""
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    if "numpy" in state and (numpy := sys.modules.get("numpy")):
        numpy.random.set_state(state["numpy"])
    for kind in ("cuda", "mps", "xpu"):
        if kind in state and getattr(torch, kind).is_available():
            getattr(torch, kind).set_rng_state(state[kind])


@contextmanager
def rng_kept(device: torch.device | None = None) -> Iterator[None]:
    """Whatever the block draws, the numbers that follow it are those that would have come without it."""
    state = rng_state(device)
    try:
        yield
    finally:
        set_rng_state(state)
