"""What this machine lacks, what that costs, and what happens instead: the second half of `ds doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ds_notebook.host.facts import HostFacts, facts, network_file_system
from ds_notebook.host.ptrace import can_ptrace

_FAST_BF16 = {"amx_bf16", "avx512_bf16", "bf16"}
_SMALL_MEMORY_BYTES = 2 << 30


class Missing(msgspec.Struct, frozen=True):
    """One thing that is not here; each field is a sentence."""

    what: str
    cost: str
    instead: str


def missing(
    host: HostFacts | None = None, *, ptrace: bool | None = None, runs_folder: Path | None = None
) -> list[Missing]:
    """What is missing on this machine, or on `host` with `ptrace`; an empty list if nothing is.

    With `runs_folder`, also whether runs would lie on a network file system.
    """
    found = list(_lacks(facts() if host is None else host, can_ptrace() if ptrace is None else ptrace))
    if runs_folder is not None and (kind := network_file_system(runs_folder)):
        found.append(
            Missing(
                f"Runs lie on a network file system ({kind}).",
                "Views and commands may lag by some seconds.",
                "Set DS_RUNS to a local folder to see them at once.",
            )
        )
    return found


def _lacks(host: HostFacts, ptrace: bool) -> Iterator[Missing]:
    if not host.gpus:
        yield Missing("No GPU was found.", "Large models train many times slower.", "Training runs on the CPU.")
    if host.cpu_flags is not None and not _FAST_BF16 & set(host.cpu_flags):
        yield Missing(
            "The CPU has neither AMX nor AVX512 for bf16.",
            "On the CPU, bf16 is slower than fp32.",
            "Training stays in fp32 unless you ask for another precision.",
        )
    if not ptrace:
        yield Missing(
            "Reading another process (ptrace) is refused here.",
            "A profiler or debugger cannot attach to a running kernel from outside.",
            "Training, records and views do without it.",
        )
    if host.memory_bytes is not None and host.memory_bytes < _SMALL_MEMORY_BYTES:
        yield Missing(
            f"There is only {host.memory_bytes / 2**30:.1f} GB of memory.",
            "A kernel that needs more is killed without a message.",
            "Keep batches small: --micro-batch N puts fewer samples on the device at once.",
        )
    if host.threads < 2:
        yield Missing(
            "Fewer than two cores may be used.",
            "Loader workers will not help: they take turns with the training.",
            "Data is loaded in the training process.",
        )
