"""The NVIDIA GPUs that this process may use: names and memory for the facts, busy share for the sampler."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from typing import Any

import msgspec


class Gpu(msgspec.Struct, frozen=True, kw_only=True):
    """One GPU."""

    name: str
    memory_bytes: int


class GpuSampler:
    """Busy share and memory in use of each visible GPU; samples are empty without nvidia-ml-py, driver or GPU."""

    def __init__(self) -> None:
        self._handles: dict[str, Any] = {}  # NVML's own handles, untyped
        try:
            self._nvml: Any = importlib.import_module("pynvml")  # it has no types
            self._error: type[Exception] = self._nvml.NVMLError
        except ImportError:
            return
        with contextlib.suppress(self._error):
            self._nvml.nvmlInit()
            self._handles = self._visible_handles()

    def sample(self) -> dict[str, dict[str, float]]:
        """Numbers by device name: `gpu0` is the first visible one."""
        found: dict[str, dict[str, float]] = {}
        for device, handle in self._handles.items():
            values: dict[str, float] = {}
            with contextlib.suppress(self._error):  # a GPU that shares the machine's memory has none of its own
                values["memory_bytes"] = self._nvml.nvmlDeviceGetMemoryInfo(handle).used
            with contextlib.suppress(self._error):  # a GPU shared in slices has no busy share
                values["gpu_busy_pct"] = self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu
            with contextlib.suppress(self._error):
                values["gpu_power_w"] = self._nvml.nvmlDeviceGetPowerUsage(handle) / 1000
            if values:
                found[device] = values
        return found

    def _visible_handles(self) -> dict[str, Any]:
        handles = [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in range(self._nvml.nvmlDeviceGetCount())]
        uuids = [str(self._nvml.nvmlDeviceGetUUID(handle)) for handle in handles]
        chosen = visible(uuids, os.environ.get("CUDA_VISIBLE_DEVICES"))
        return {f"gpu{place}": handles[index] for place, index in enumerate(chosen)}


def find_gpus() -> tuple[Gpu, ...]:
    """Visible GPUs from torch if it already runs CUDA, else from nvidia-smi. Never raises.

    Torch is not asked before it has started CUDA itself: that would start it, and
    loader workers forked afterwards could not use it.
    """
    cuda: Any = getattr(sys.modules.get("torch"), "cuda", None)  # torch is not imported for its types
    if getattr(cuda, "is_initialized", bool)():
        found = [cuda.get_device_properties(index) for index in range(cuda.device_count())]
        return tuple(Gpu(name=each.name, memory_bytes=each.total_memory) for each in found)
    return parse_smi(_ask_smi(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def parse_smi(text: str, visible_devices: str | None) -> tuple[Gpu, ...]:
    """GPUs in nvidia-smi's lines of `uuid, name, MiB` that CUDA_VISIBLE_DEVICES leaves visible."""
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    rows = [row for row in rows if len(row) == 3]
    return tuple(
        Gpu(name=rows[index][1], memory_bytes=int(rows[index][2]) << 20 if rows[index][2].isdigit() else 0)
        for index in visible([row[0] for row in rows], visible_devices)
    )


def visible(uuids: list[str], visible_devices: str | None) -> list[int]:
    """Places in `uuids` that CUDA_VISIBLE_DEVICES names, in its order; as CUDA does, the first unknown one ends it."""
    if visible_devices is None:
        return list(range(len(uuids)))
    chosen: list[int] = []
    for word in (word.strip() for word in visible_devices.split(",")):
        by_uuid = [index for index, uuid in enumerate(uuids) if word and uuid.startswith(word)]
        index = int(word) if word.isdecimal() else by_uuid[0] if by_uuid else len(uuids)
        if index >= len(uuids):
            break
        chosen.append(index)
    return chosen


def _ask_smi() -> str:
    import shutil  # with the next, a third of the time that importing this room takes
    import subprocess

    command = shutil.which("nvidia-smi")
    if command is None:
        return ""
    query = [command, "--query-gpu=uuid,name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, errors="replace", timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""
