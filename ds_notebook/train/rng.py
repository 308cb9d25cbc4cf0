"""Every source of random numbers that a training draws from: torch's on each device, numpy's and Python's."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor

_OF_THEIR_OWN = ("cuda", "mps", "xpu")
"""Kinds of device that draw random numbers themselves."""


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
    if device is not None and device.type in _OF_THEIR_OWN:
        state[device.type] = device_rng_state(device)
    return state


def set_rng_state(state: dict[str, Any], device: torch.device | None = None) -> None:
    """Put each source back, and that of a device of `device`'s kind to it; what is not there is passed over."""
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    if "numpy" in state and (numpy := sys.modules.get("numpy")):
        numpy.random.set_state(state["numpy"])
    if device is not None and device.type in state:
        set_device_rng_state(state[device.type], device)


def device_rng_state(device: torch.device) -> Tensor | None:
    """The state of a device's own source; None for one without, such as a CPU."""
    if device.type not in _OF_THEIR_OWN:
        return None
    return cast(Tensor, getattr(torch, device.type).get_rng_state(*_which(device)))


def set_device_rng_state(state: Tensor | None, device: torch.device) -> None:
    """Put it back."""
    if state is not None:
        getattr(torch, device.type).set_rng_state(state, *_which(device))


def _which(device: torch.device) -> tuple[torch.device, ...]:
    """Of several GPUs the training's need not be the first; torch.mps knows one device and takes none."""
    return () if device.type == "mps" else (device,)


@contextmanager
def rng_kept(device: torch.device | None = None) -> Iterator[None]:
    """Whatever the block draws, the numbers that follow it are those that would have come without it."""
    state = rng_state(device)
    try:
        yield
    finally:
        set_rng_state(state, device)
