"""The program stops for the GPU at each step.

What it sees. A model on a GPU, and time on lines of a loop that read a tensor back: `.item()`, `.cpu()`, `.tolist()`,
`.numpy()`, `float(...)`.

Why it matters. Reading waits for all that was queued; until the next step is queued again the GPU has nothing to do.

Bad::

    for x, y in loader:
        loss = step(x, y)
        losses.append(loss.item())

Good::

    for x, y in loader:
        loss = step(x, y)
        losses.append(loss.detach())  # read all of them after the loop

How the remedy is verified. On a GPU, by timing some steps with and without the reading.

When it stays silent. Without a GPU; outside of loops. Since the wait also holds the GPU's own work, no more is promised
than what the rest of the step can run beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import REMARKABLE_S, Found
from ds_notebook.profile.rules._seconds import by, critical, innermost, wall_s
from ds_notebook.profile.rules._source import called, code, loops

CODE = "host-sync"

_READS = {"item", "cpu", "tolist", "numpy", "float", "synchronize"}


def find(profile: Profile) -> Iterator[Found]:
    on_gpu = any(model.device.startswith("cuda") for model in profile.observed.models)
    if profile.observed.gpus == 0 or not on_gpu:
        return
    for at, spent in by(critical(profile), lambda stack: innermost(profile, stack)).items():
        tree = code(profile, at.place)
        reads = tree is not None and any(called(call).rpartition(".")[2] in _READS for call in tree.calls(at.line))
        if not reads or not loops(profile, at) or spent.wall_s < REMARKABLE_S:
            continue
        share = spent.wall_s / wall_s(profile)
        yield Found(
            code=CODE,
            at=at,
            share=share,
            # The queue and the host then run beside one another: the longer of them is left.
            expected=1 / max(share, 1 - share),
            evidence=f"{share:.0%} of the time waits for the GPU in a loop, at {profile.line(at).strip()}.",
            advice="Keep the tensor and read it after the loop, or every so many steps.",
            fix="losses.append(loss.detach())  # torch.stack(losses).tolist() after the loop",
        )
