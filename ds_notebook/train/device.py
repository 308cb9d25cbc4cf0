"""Where to train, and with how many threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ds_notebook.errors import UsageError
from ds_notebook.host import facts


def chosen_device(name: str) -> torch.device:
    """The device called `name`; auto takes a GPU if there is one. Raises UsageError where it is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return torch.empty(0, device=name).device  # with its number, as tensors on it say it
    except (RuntimeError, AssertionError, NotImplementedError):
        raise UsageError(f"Device {name!r} is not on this machine. Choose auto or cpu.") from None


_lock = threading.Lock()
_num_inside = 0
_before = 0
"""torch's threads before the first training that is under way; there may be several in the background."""


@contextmanager
def fitting_threads(device: torch.device) -> Iterator[None]:
    """On a CPU: no more torch threads than the container may run at once, which torch itself does not ask.

    A number that is set in the block is put back, too, once no other block is under way.
    """
    global _num_inside, _before
    with _lock:
        if _num_inside == 0:
            _before = torch.get_num_threads()
        _num_inside += 1
        if device.type == "cpu" and (allowed := facts().threads) < torch.get_num_threads():
            torch.set_num_threads(allowed)
    try:
        yield
    finally:
        with _lock:
            _num_inside -= 1
            if _num_inside == 0:
                torch.set_num_threads(_before)
