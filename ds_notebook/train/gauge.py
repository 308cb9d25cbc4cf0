"""The memory that a training's device has: free, in use, and the peak of what runs. Bytes, all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ds_notebook.errors import UsageError
from ds_notebook.host.limits import memory
from ds_notebook.host.memory_peak import give_back_free_memory, peak_memory, resident_bytes

_NOT_KNOWN = "How much memory is free on {} can't be asked for. Give --micro-batch a number instead of auto."


class Gauge:
    """A CPU: the memory of this process, and how much the machine and its container let it have."""

    def used(self) -> int:
        """In use now."""
        return resident_bytes()

    def limit(self) -> int:
        """What may be in use at most; raises UsageError where that is not known."""
        total, available = memory()
        if total is None or available is None:
            raise UsageError(_NOT_KNOWN.format("this system"))
        # pages of shared libraries are in use here, but may not count in the container: it is no larger for that
        return min(total, self.used() + available)

    @contextmanager
    def peak(self) -> Iterator[Callable[[], int]]:
        """Yields a function that says the most in use since the block began."""
        with peak_memory() as most:
            yield most

    def tidy(self) -> None:
        """Return what is free in the allocator, so that the next peak owes nothing to what ran before."""
        give_back_free_memory()


class DeviceGauge(Gauge):
    """A GPU: what torch's allocator holds there, and what the device still has."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._torch: Any = getattr(torch, device.type)  # torch.cuda or torch.xpu: alike, of no common type

    def used(self) -> int:
        return int(self._torch.memory_allocated(self._device))

    def limit(self) -> int:
        return int(self._torch.mem_get_info(self._device)[0] + self._torch.memory_reserved(self._device))

    @contextmanager
    def peak(self) -> Iterator[Callable[[], int]]:
        self._torch.reset_peak_memory_stats(self._device)
        yield lambda: int(self._torch.max_memory_allocated(self._device))

    def tidy(self) -> None:
        self._torch.empty_cache()


def gauge_of(device: torch.device) -> Gauge:
    """The gauge for `device`; raises UsageError where torch can't tell what is free."""
    if device.type == "cpu":
        return Gauge()
    if device.type not in ("cuda", "xpu"):
        raise UsageError(_NOT_KNOWN.format(device.type))
    return DeviceGauge(device)
