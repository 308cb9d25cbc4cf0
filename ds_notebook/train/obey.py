"""What a trainer does when told to, between two steps: each order is answered in the record."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch

from ds_notebook.errors import UsageError
from ds_notebook.record.commands import AnyCommand, Save, Set
from ds_notebook.record.run import Run
from ds_notebook.train.optim import set_learning_rate

if TYPE_CHECKING:
    from ds_notebook.train.trainer import Trainer


def obey(trainer: Trainer, run: Run, command: AnyCommand) -> None:
    """Carry out Save or Set and answer it; a Save is answered once it is on the disk."""
    match command:
        case Save():
            why = "it could not be written; a note says why"
            try:
                trainer.progress.save(
                    keep=True, done=lambda written: run.answer(command, refused="" if written else why)
                )
            except UsageError as error:  # a state that no file can hold
                run.answer(command, refused=str(error))
        case Set(name=name, value=value):
            run.answer(command, refused=_refusal(trainer, name, value))
        case _:
            run.answer(command, refused="a trainer does not take it")


def _refusal(trainer: Trainer, name: str, value: float) -> str:
    """Set what can be set; why not, where it cannot."""
    if name == "lr" and value >= 0:
        set_learning_rate(trainer.optimizer, trainer.scheduler, value)
        return ""
    whole = value >= 1 and value == int(value)
    if name == "batch_size" and whole:
        return "" if trainer.progress.set_batch_size(int(value)) else "the data comes in batches of its own"
    if name == "threads" and whole:
        cores = os.cpu_count() or 1
        if value > cores:
            return f"this machine has {cores} cores"
        torch.set_num_threads(int(value))
        return ""
    return f"only lr (0 or more), batch_size and threads (1 or more) can be set, not {name}={value:g}"
