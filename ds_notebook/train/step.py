"""One update of the weights: forward pass, loss, gradients, also of a batch that is taken in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from ds_notebook.train.batch import Parts, forward, num_counted, split
from ds_notebook.train.loss import LossFn
from ds_notebook.train.precision import Precision

Span = Callable[[str], AbstractContextManager[None]]
"""Times a piece of work by its name: `run.span`."""


def _untimed(name: str) -> AbstractContextManager[None]:
    return nullcontext()


class Step:
    """What a trainer does with a batch; the trials of precision and batch size do the same, and undo it."""

    def __init__(
        self, model: Callable[..., Any], optimizer: torch.optim.Optimizer, precision: Precision, loss_fn: LossFn
    ) -> None:
        self.model = model
        """Called with the inputs: the user's model, or what the compiler made of it."""
        self.optimizer = optimizer
        self.precision = precision
        self.loss_fn = loss_fn
        self.micro_batch: int | None = None
        self.ignored_target = -100
        """The class that the loss does not count."""
        self.shifts_targets = False
        """Whether the loss compares each output with the target after it."""
        self.channels_last = False
        self._span: Span = _untimed
        self._last_loss: Tensor | None = None

    @property
    def is_plain(self) -> bool:
        """Whether fp32 and whole batches as they come are all that is asked: then `plain_gradients` does it all."""
        return type(self) is Step and self.precision.name == "fp32" and not self.micro_batch and not self.channels_last

    def plain_gradients(self, batch: Parts) -> Tensor:
        """As `gradients`, without the calls that only other recipes need: they cost 10 us of a step of 500."""
        inputs, targets = batch
        model = self.model
        loss = self.loss_fn(model(inputs) if isinstance(inputs, Tensor) else forward(model, inputs), targets)
        self._last_loss = loss
        loss.backward()
        return loss

    @contextmanager
    def timed(self, span: Span) -> Iterator[None]:
        """Within it, `gradients` times its forward and backward passes by `span`."""
        self._span = span
        try:
            yield
        finally:
            self._span = _untimed

    def gradients(self, batch: Parts) -> Tensor:
        """Add the gradients of `batch` to the weights'; returns its loss, a scalar that no gradient hangs on."""
        if self.channels_last:
            batch = Parts(in_channels_last(batch.inputs), batch.targets)
        if self.micro_batch is None:
            return self._part(batch, 1.0)
        pieces = split(batch, self.micro_batch, self.ignored_target, shifted=self.shifts_targets)
        return torch.stack([self._part(piece, share).detach() for piece, share in pieces]).sum()

    def num_counted(self, batch: Parts) -> int:
        """Targets of `batch` that its loss is a mean of."""
        return num_counted([batch], self.ignored_target, shifted=self.shifts_targets)[0]

    def _part(self, batch: Parts, share: float) -> Tensor:
        inputs, targets = batch
        with self._span("forward"), self.precision.autocast:
            loss = self.loss_fn(forward(self.model, inputs), targets)
            if share != 1.0:
                loss = loss * share
        # As in a loop by hand, a loss lives until the next one is there: freed with this frame, its memory goes back to
        # the system and is taken anew each step, which was measured at 12 to 30 us of 1.5 ms.
        self._last_loss = loss
        with self._span("backward"):
            self.precision.backward(loss)
        return loss

    def update(self) -> None:
        """Let the optimizer take its step, and clear the gradients."""
        self.precision.step(self.optimizer)
        self.optimizer.zero_grad()


def in_channels_last(tree: Any) -> Any:  # any structure of tensors
    """Images laid out as convolutions want them: channels next to one another (what is no image stays as it is)."""
    if isinstance(tree, Tensor):
        return tree.contiguous(memory_format=torch.channels_last) if tree.ndim == 4 else tree
    if isinstance(tree, dict):
        return {name: in_channels_last(item) for name, item in tree.items()}
    return tuple(map(in_channels_last, tree)) if isinstance(tree, tuple) else tree
