"""What went wrong in other people's code, said in a sentence where its own message would not help."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ds_notebook.errors import DataError, UsageError
from ds_notebook.record.run import Run
from ds_notebook.train.batch import tensors

_SHAPE_WORDS = re.compile(r"cannot be multiplied|size mismatch|expected input|channels|must match the size", re.I)
_CONVERT = "Convert them to its weights' type, as in inputs.float()"
_KIND_WORDS = re.compile(
    r"same dtype|scalar type|should be the same|not implemented for '(Byte|Char|Short|Int|Long|Bool)'"
)


@contextmanager
def explained(run: Run, epoch: int, in_a_sentence: Callable[[Exception], UsageError | None]) -> Iterator[None]:
    """Turns what torch raises for a dead loader worker or a wrong batch into one sentence with what to do."""
    try:
        with _as_torch_says_it():
            yield
    except (RuntimeError, IndexError) as error:
        if not re.search(r"DataLoader worker.*(killed|exited)", str(error)):
            if sentence := in_a_sentence(error):
                raise sentence from error
            raise
        raise DataError(
            f"A loader worker died in epoch {epoch + 1}, at step {run.step}: {_said(error)}. "
            "Memory most often ran out: use fewer workers or smaller batches."
        ) from error


@contextmanager
def _as_torch_says_it() -> Iterator[None]:
    """A dead worker's broken connection may be met before torch's signal handler speaks: then say it for torch."""
    try:
        yield
    except (ConnectionError, EOFError) as error:
        frames = traceback.extract_tb(error.__traceback__)
        if not any(frame.filename.endswith("torch/utils/data/dataloader.py") for frame in frames):
            raise
        raise RuntimeError("DataLoader worker exited unexpectedly") from error


def first_batch_sentence(error: Exception, inputs: Any) -> str:  # any structure of tensors
    """What to say where the first batch does not fit the model; empty for another kind of error."""
    given = list(tensors(inputs))
    if _SHAPE_WORDS.search(str(error)):
        shapes = " and ".join(str(tuple(each.shape)) for each in given) or "no tensor"
        return f"The model does not take a batch of shape {shapes}: {_said(error)}. Reshape the data or the model."
    if _KIND_WORDS.search(str(error)) and given:
        kinds = " and ".join(dict.fromkeys(str(each.dtype).removeprefix("torch.") for each in given))
        advice = "Convert them to what it takes, as in inputs.long()" if "indices" in str(error) else _CONVERT
        return f"The model does not take inputs of {kinds}: {_said(error)}. {advice}."
    return ""


def _said(error: Exception) -> str:
    return str(error).split("\n")[0].split(". ")[0].rstrip(".")
