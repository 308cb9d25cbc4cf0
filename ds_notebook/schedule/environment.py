"""The environment of a job's program: the scheduler's, with what it was promised and what marks it."""

from __future__ import annotations

import os
from pathlib import Path

from ds_notebook.host.limits import MEMORY
from ds_notebook.schedule.attempt import Attempt
from ds_notebook.schedule.tree import ATTEMPT, JOB

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def environment(folder: Path, attempt: Attempt) -> dict[str, str]:
    """Variables for the program; what the job itself sets wins, but over its mark and its GPUs."""
    usual = {
        **dict.fromkeys(_THREADS, str(attempt.placement.threads)),
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait cost whoever shares the core ten times over
        "PYTHONUNBUFFERED": "1",  # its output is read while it runs
    }
    fixed = {
        JOB: str(folder),
        ATTEMPT: str(attempt.number),
        "CUDA_VISIBLE_DEVICES": ",".join(map(str, attempt.placement.gpus)),
    }
    if attempt.spec.memory_bytes:  # `--micro-batch auto` fits itself into it; a watch is nothing that it could ask for
        fixed[MEMORY] = str(attempt.spec.memory_bytes)
    return {**os.environ, **usual, **attempt.spec.env, **fixed}
