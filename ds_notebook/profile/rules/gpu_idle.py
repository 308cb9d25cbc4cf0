"""The GPU has nothing to do for most of the time.

What it sees. The mean share of the time in which a kernel ran, below one half, while a model on the GPU runs.

Why it matters. An hour of a GPU costs the same idle.

Bad::

    for image in images:
        model(load(image).to("cuda")[None])

Good::

    for batch in DataLoader(images, batch_size=64, num_workers=4, pin_memory=True):
        model(batch.to("cuda", non_blocking=True))

How the remedy is verified. On a GPU, by the share of the time in which it is busy.

When it stays silent. Without a GPU, and where another rule says what it waits for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.rules._seconds import by, critical, innermost

CODE = "gpu-idle"

BUSY_ENOUGH = 0.5
REACHABLE = 0.8
"""A GPU that is busy for this much of the time is a well-fed one."""


def find(profile: Profile) -> Iterator[Found]:
    busy = profile.observed.gpu_busy
    on_gpu = any(model.device.startswith("cuda") for model in profile.observed.models)
    if profile.observed.gpus == 0 or not on_gpu or busy is None or busy >= BUSY_ENOUGH:
        return
    at = next(iter(by(critical(profile), lambda stack: innermost(profile, stack))), None)
    if at is not None:
        yield Found(
            code=CODE,
            at=at,
            share=1 - busy,
            # All but the kernels could shrink at best; twice as fast is promised at most, since why is not known.
            expected=min(2.0, REACHABLE / max(busy, 0.01)),
            evidence=f"{1 - busy:.0%} of the time no kernel runs on the GPU.",
            advice="Give it more at a time: larger batches, loader workers, fewer reads of its results.",
            fix="DataLoader(..., batch_size=256, num_workers=4, pin_memory=True)",
        )
