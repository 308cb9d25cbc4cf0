"""Batches are copied to the GPU from memory that the GPU cannot read directly.

What it sees. A model on a GPU, a DataLoader without `pin_memory`, and time on lines that move batches to the device.

Why it matters. From pinned memory the copy runs at twice the rate, and beside the computation.

Bad::

    loader = DataLoader(data, batch_size=256)
    for x, y in loader:
        x, y = x.to("cuda"), y.to("cuda")

Good::

    loader = DataLoader(data, batch_size=256, pin_memory=True)
    for x, y in loader:
        x, y = x.to("cuda", non_blocking=True), y.to("cuda", non_blocking=True)

How the remedy is verified. On a GPU, by timing some batches.

When it stays silent. Without a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import REMARKABLE_S, Found, expected_speedup
from ds_notebook.profile.rules._seconds import by, critical, innermost, wall_s
from ds_notebook.profile.rules._source import called, code

CODE = "pin-memory"

LOCAL = 2.0
"""PCI Express copies from pinned memory at about twice the rate of pageable memory (not measured here: no GPU)."""


def find(profile: Profile) -> Iterator[Found]:
    loaders = profile.observed.loaders
    on_gpu = any(model.device.startswith("cuda") for model in profile.observed.models)
    if profile.observed.gpus == 0 or not on_gpu or not loaders or any(each.pin_memory for each in loaders):
        return
    for at, spent in by(critical(profile), lambda stack: innermost(profile, stack)).items():
        tree = code(profile, at.place)
        moves = tree is not None and any(
            called(call).rpartition(".")[2] in ("to", "cuda") for call in tree.calls(at.line)
        )
        if moves and spent.wall_s >= REMARKABLE_S:
            share = spent.wall_s / wall_s(profile)
            yield Found(
                code=CODE,
                at=at,
                share=share,
                expected=expected_speedup(share, LOCAL),
                evidence=f"{share:.0%} of the time copies batches to the GPU from ordinary memory.",
                advice="Pin the loader's memory and copy without blocking.",
                fix="DataLoader(..., pin_memory=True)\nx = x.to(device, non_blocking=True)",
                facts={"pin_memory": 1},
            )
