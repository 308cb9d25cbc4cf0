"""Beginning a training's run, or going on with the one that it resumes."""

from __future__ import annotations

from dataclasses import replace

from ds_notebook.options import to_builtins
from ds_notebook.record.run import Run
from ds_notebook.start import continue_run, is_retry, start_run, this_job
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.data import Batches
from ds_notebook.train.fingerprint import fingerprint
from ds_notebook.train.resume import Resumption, find_resumption
from ds_notebook.train.state import TrainingState


def begin(
    config: TrainConfig, state: TrainingState, batches: Batches, total_steps: int | None
) -> tuple[Run, Resumption | None]:
    """The run of a training of `state` on `batches`, and what it goes on from; None where none was looked for.

    Raises UsageError for a run that was named and cannot be gone on with, RecordError while another process writes it.
    """
    resumption = _resumption(config, state, batches)
    if resumption is None or resumption.record is None:
        return start(config, kind="train", total_steps=total_steps), resumption
    run = continue_run(
        resumption.record,
        resumption.tree["step"],
        config=to_builtins(config),
        tags=config.tags,
        notes=config.notes,
        total_steps=total_steps,
    )
    return run, resumption


def start(config: TrainConfig, *, kind: str, total_steps: int | None) -> Run:
    """A new run, whatever was before."""
    return start_run(
        config.name,
        kind=kind,
        config=to_builtins(config),
        tags=config.tags,
        notes=config.notes,
        total_steps=total_steps,
    )


def _resumption(config: TrainConfig, state: TrainingState, batches: Batches) -> Resumption | None:
    """A job's second attempt goes on with the run of the first, without being asked."""
    if config.resume is not None:
        return find_resumption(config, state, fingerprint(batches))
    if is_retry():
        return find_resumption(replace(config, resume="auto"), state, fingerprint(batches), this_job())
    return None
