"""A step that runs out of memory is taken again with half as many samples at a time, as if it had not been begun."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.errors import UsageError
from ds_notebook.record.events import Decision
from ds_notebook.train.batch import Parts, num_samples
from ds_notebook.train.loss import LossFn
from ds_notebook.train.precision import Precision
from ds_notebook.train.rng import device_rng_state, set_device_rng_state
from ds_notebook.train.step import Step

_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "ALLOC_FAILED")


class FittingStep(Step):
    """As `Step`; `said` is told of each micro-batch that did not fit.

    What a container kills is not met here: only an allocation that is refused raises.
    """

    def __init__(
        self,
        model: Callable[..., Any],
        optimizer: torch.optim.Optimizer,
        precision: Precision,
        loss_fn: LossFn,
        *,
        said: Callable[[Decision], None],
    ) -> None:
        super().__init__(model, optimizer, precision, loss_fn)
        self._said = said
        self._tables: list[_Table] | None = None

    def gradients(self, batch: Parts) -> Tensor:
        """As `Step.gradients`; raises UsageError where not even one sample at a time fits."""
        if self._tables is None:  # looked for once: a walk over the modules of a transformer takes 150 us
            self._tables = _buffer_tables(self.model)
        begun = _Begun(self._tables, self.precision.device)
        while True:
            try:
                return super().gradients(batch)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                refused = _in_words(error)
            # only here, where the error is gone, are the tensors free that its frames held
            self._forget(begun)
            self._halve(num_samples(batch), refused)

    def _forget(self, begun: _Begun) -> None:
        self._last_loss = None
        self.optimizer.zero_grad()
        begun.put_back()
        if self.precision.device.type in ("cuda", "xpu"):
            getattr(torch, self.precision.device.type).empty_cache()

    def _halve(self, num_samples: int, refused: str) -> None:
        before = min(self.micro_batch or num_samples, num_samples)
        if before == 1:
            raise UsageError(
                f"Memory ran out with one sample at a time ({refused}). "
                "Take a smaller model, shorter samples or --recompute."
            )
        self.micro_batch = (before + 1) // 2
        self._said(
            Decision(
                policy="micro-batch",
                subject=type(self.model).__name__,
                verdict=f"{self.micro_batch} of {num_samples}",
                reason=f"memory ran out with {before} samples at a time ({refused}); the step is taken again with "
                f"{self.micro_batch}, and those after it too",
                evidence={"before": before, "after": self.micro_batch, "refused": refused},
            )
        )


_Table = dict[str, Tensor | None]


def _buffer_tables(model: Callable[..., Any]) -> list[_Table]:
    modules = model.modules() if isinstance(model, nn.Module) else ()
    return [module._buffers for module in modules if module._buffers]


class _Begun:
    """The random states and buffers that the forward passes of a step change, as they were before it.

    Not the weights, which only the update changes, nor Python's and numpy's numbers, which data is made of.
    """

    def __init__(self, tables: list[_Table], device: torch.device) -> None:
        self._rng = torch.get_rng_state()
        self._device, self._device_rng = device, device_rng_state(device)
        # copied each time: batch normalisation changes its statistics without counting up their version
        self._buffers = [
            (table, name, buffer, buffer.clone())
            for table in tables
            for name, buffer in table.items()
            if buffer is not None
        ]

    def put_back(self) -> None:
        torch.set_rng_state(self._rng)
        set_device_rng_state(self._device_rng, self._device)
        with torch.no_grad():
            for table, name, buffer, values in self._buffers:
                table[name] = buffer.copy_(values)


def _in_words(error: Exception) -> str:
    line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return re.sub(r"^\[enforce fail at [^]]*\] err == 0\. ", "", line).rstrip(".")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation was refused, by Python, by torch's allocators or by a library beneath them."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)
