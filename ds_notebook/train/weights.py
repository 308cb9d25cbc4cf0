"""The weights of a run's checkpoint in a model of one's own."""

from __future__ import annotations

from torch import nn

from ds_notebook.errors import UsageError
from ds_notebook.record import Record, Run, open_run
from ds_notebook.train.checkpoints import BEST, last_good, open_checkpoint

_MODULE = "module."
"""What torch's AveragedModel puts before each name."""


def load_weights(model: nn.Module, run: Record | Run | str, *, best: bool = False) -> int:
    """Give `model` the weights of the run's last checkpoint, or its best; returns the number of steps they had.

    Of a run with `ema` they are the averaged ones. Raises UsageError where there is no such checkpoint or
    the model is another one, RecordError where the file was changed.
    """
    record = open_run(run) if isinstance(run, str) else run.record if isinstance(run, Run) else run
    if best:
        artifact = next((each for each in reversed(record.artifacts) if each.kind == BEST), None)
        tree = open_checkpoint(record, artifact) if artifact else None
    else:
        good = last_good(record)
        tree = good[1] if good else None
    if tree is None:
        raise UsageError(
            f"Run {record.id} has no {'best ' * best}checkpoint: train with checkpoint_every_s"
            f"{' and validation data' * best}."
        )
    averaged = {name.removeprefix(_MODULE): value for name, value in tree["ema"].items() if name.startswith(_MODULE)}
    try:
        model.load_state_dict(averaged or tree["model"])
    except RuntimeError as error:
        raise UsageError(f"The weights of run {record.id} do not fit this model. {error}") from None
    return int(tree["step"])
