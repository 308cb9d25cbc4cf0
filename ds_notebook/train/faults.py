"""What went wrong in other people's code, said in a sentence where its own message would not help."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ds_notebook.errors import DataError
from ds_notebook.record.run import Run

_SHAPE_WORDS = re.compile(r"cannot be multiplied|size mismatch|expected input|channels|must match the size", re.I)


@contextmanager
def explained(run: Run, epoch: int) -> Iterator[None]:
    """Turns what torch raises when a loader worker dies into DataError with the place and what to do."""
    try:
        yield
    except (RuntimeError, ConnectionError, EOFError) as error:
        if not _is_dead_worker(error):
            raise
        raise DataError(
            f"A loader worker died in epoch {epoch + 1}, at step {run.step}: {_first_sentence(error)}. "
            "Memory most often ran out: use fewer workers or smaller batches."
        ) from error


def _is_dead_worker(error: Exception) -> bool:
    """torch says so, or the loader met the worker's broken connection first: which one is a race."""
    if isinstance(error, RuntimeError):
        return re.search(r"DataLoader worker.*(killed|exited)", str(error)) is not None
    frames = traceback.extract_tb(error.__traceback__)
    return any(frame.filename.endswith("torch/utils/data/dataloader.py") for frame in frames)


def shape_sentence(error: RuntimeError, inputs: Any) -> str:  # any structure of tensors
    """What to say where the first batch does not fit the model; empty for another kind of error."""
    if not _SHAPE_WORDS.search(str(error)):
        return ""
    shapes = [tuple(tensor.shape) for tensor in _tensors(inputs)]
    found = " and ".join(map(str, shapes)) or "no tensor"
    return f"The model does not take a batch of shape {found}: {_first_sentence(error)}. Reshape the data or the model."


def _tensors(tree: Any) -> list[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        return [tree]
    items = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, tuple) else ()
    return [tensor for item in items for tensor in _tensors(item)]


def _first_sentence(error: Exception) -> str:
    return str(error).split("\n")[0].split(". ")[0].rstrip(".")
