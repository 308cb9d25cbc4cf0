"""What the scheduler may promise: the cores, GPUs and memory of this machine, as its container sees them."""

from __future__ import annotations

import os

from ds_notebook.host import HostFacts, facts
from ds_notebook.host.limits import allowed_cores, allowed_cpus, memory
from ds_notebook.schedule.state import Machine


def this_machine() -> Machine:
    """Whole cores: where a quota gives a share of one more, that share stays for the rest of the machine."""
    found = facts()
    return Machine(
        cores=tuple(allowed_cpus()[: found.threads]),
        gpus=_gpu_numbers(found),
        memory_bytes=found.memory_bytes or 0,
        nice_goes_back=hasattr(os, "geteuid") and os.geteuid() == 0,
    )


def quick_machine(*, gpus: bool) -> Machine:
    """The same in a millisecond; GPUs are only asked for where `gpus` says so."""
    cores = allowed_cpus()[: max(1, int(allowed_cores()))]
    found_gpus = _gpu_numbers(facts()) if gpus else ()
    return Machine(cores=tuple(cores), gpus=found_gpus, memory_bytes=memory().total_bytes or 0)


def _gpu_numbers(found: HostFacts) -> tuple[int, ...]:
    """As CUDA_VISIBLE_DEVICES would name them to a job."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return tuple(range(len(found.gpus)))
    numbers = [word.strip() for word in visible.split(",")]
    return tuple(int(word) for word in numbers[: len(found.gpus)] if word.isdecimal())
