"""What this machine has and can, what it lacks, and what it is busy with. Imports no torch, psutil or IPython."""

from ds_notebook.host.facts import (
    DRAWN_BY_LAB,
    HostFacts,
    boot_id,
    facts,
    front_end,
    memory_available_bytes,
    network_file_system,
)
from ds_notebook.host.missing import Missing, missing
from ds_notebook.host.ptrace import can_ptrace
from ds_notebook.host.usage import UsageSampler

__all__ = [
    "DRAWN_BY_LAB",
    "HostFacts",
    "Missing",
    "UsageSampler",
    "boot_id",
    "can_ptrace",
    "facts",
    "front_end",
    "memory_available_bytes",
    "missing",
    "network_file_system",
]
