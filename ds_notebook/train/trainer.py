"""The trainer: one loop, on one page, that writes its record through `run.steps` like any other loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.errors import Diverged, UsageError
from ds_notebook.options import to_builtins
from ds_notebook.record.commands import AnyCommand, Save, Set
from ds_notebook.record.run import Run
from ds_notebook.start import start_run
from ds_notebook.train.batch import Parts, forward, not_finite, placed, size, split
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.data import batches_of
from ds_notebook.train.device import chosen_device, fitting_threads
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.evaluate import evaluate
from ds_notebook.train.faults import explained, shape_sentence
from ds_notebook.train.interrupt import first_interrupt
from ds_notebook.train.loss import LossFn, class_axis, find_loss, label_outside
from ds_notebook.train.metrics import accuracy, named_metrics
from ds_notebook.train.optim import check_belongs, default_optimizer, default_scheduler, set_learning_rate
from ds_notebook.train.precision import precision_of
from ds_notebook.train.weights import weights_bytes


class Trainer:
    """Trains a model and leaves a run: its record can be watched, gated, and opened years later.

    `train_data` and `val_data` are a DataLoader, a Dataset, a pair of arrays (inputs, targets) or
    an iterable of batches. `loss_fn` of (outputs, targets) is found from the targets where it can
    be. `metrics` are functions of (outputs, targets) or torchmetrics objects; class targets get
    accuracy. Raises UsageError for what cannot be trained on.
    """

    def __init__(
        self,
        model: nn.Module,
        train_data: Any,  # the four kinds above
        val_data: Any = None,  # the same
        *,
        loss_fn: LossFn | None = None,
        optimizer: torch.optim.Optimizer | Callable[[Iterable[Tensor]], torch.optim.Optimizer] | None = None,
        scheduler: Any = None,  # torch's schedulers share no public base that covers ReduceLROnPlateau in all versions
        metrics: Any = None,  # a dict, a list or one of functions and torchmetrics objects
        config: TrainConfig | None = None,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise UsageError(f"model is a {type(model).__name__}; expected a torch.nn.Module.")
        self.config = config or TrainConfig()
        self.model = model
        self.device = chosen_device(self.config.device)
        model.to(self.device)
        self.train_batches = batches_of("train_data", train_data, self.config, shuffle=True)
        self.val_batches = None if val_data is None else batches_of("val_data", val_data, self.config, shuffle=False)
        self.loss_fn = loss_fn
        self.metrics = named_metrics(metrics)
        self._adds_accuracy = metrics is None
        self.precision = precision_of(self.config.precision, self.device, model)
        if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
            optimizer = optimizer(model.parameters())
        self.optimizer = optimizer or default_optimizer(model, self.config, self.device)
        check_belongs(self.optimizer, model)
        num_batches = self.train_batches.count
        self.total_steps = None if num_batches is None else num_batches * self.config.epochs
        self.scheduler = scheduler or default_scheduler(self.optimizer, self.config, self.total_steps)
        self._steps_scheduler = scheduler is None or self.config.scheduler_every == "step"
        self._early_stop = EarlyStop(self.config.monitor, self.config.patience)
        self._loss: LossFn = self._first_loss
        self._batch: Parts | None = None
        self._last_loss: Tensor | None = None
        self.run: Run | None = None
        """The run of the last `fit`, also where it raised."""

    def fit(self) -> Run:
        """Train, evaluate after each epoch, check the gates, and return the run.

        The first interrupt finishes the step and returns normally, with the model usable and the
        run "interrupted"; a second one raises KeyboardInterrupt. Raises Diverged where the loss is
        not finite, DataError where a batch or a loader fails, GateFailed where a gate does.
        """
        self.run = run = start_run(
            self.config.name,
            kind="train",
            config=to_builtins(self.config),
            tags=self.config.tags,
            notes=self.config.notes,
            total_steps=self.total_steps,
        )
        with run, first_interrupt(lambda: run.ask_to_end("interrupted")), fitting_threads(self.device):
            torch.manual_seed(self.config.seed)
            for epoch in range(self.config.epochs):
                with explained(run, epoch, self._in_a_sentence):
                    self._train_epoch(run, epoch)
                    if self.val_batches is not None and not run.stopping:
                        self._evaluate(run)
                if run.stopping or self._early_stop.now:
                    break
        if self.config.gate and run.status == "finished":
            run.gate(*self.config.gate)
        return run

    def _train_epoch(self, run: Run, epoch: int) -> None:
        self.model.train()
        first_step, num_samples, start_s = run.step, 0, time.perf_counter()
        micro_batch, clips = self.config.micro_batch, self.config.clip_norm is not None
        run.log(epoch=epoch + 1)
        with run.span("epoch"):
            for loaded in run.steps(self.train_batches.epoch(epoch)):
                self._batch = batch = placed(loaded, self.device)
                if micro_batch is None:
                    loss = self._backward(run, batch)
                else:
                    loss = self._backward_in_parts(run, batch, micro_batch)
                if run.sampling or clips:
                    self._measure_and_clip(run)
                self.precision.step(self.optimizer)
                self.optimizer.zero_grad()
                if self.scheduler is not None and self._steps_scheduler:
                    self.scheduler.step()
                run.log(loss=loss)
                num_samples += size(batch.inputs)
                for command in run.poll():
                    self._obey(run, command)
        if run.step == first_step and not run.stopping:
            raise UsageError("train_data is empty: it has no batch to train on.")
        run.log(samples_per_s=num_samples / (time.perf_counter() - start_s))
        if self.scheduler is not None and not self._steps_scheduler and not _waits_for_metric(self.scheduler):
            self.scheduler.step()

    def _backward_in_parts(self, run: Run, batch: Parts, micro_batch: int) -> Any:  # as `_backward`
        """The gradients and the loss of a batch, a micro-batch at a time."""
        return sum(self._backward(run, piece, share) for piece, share in split(batch, micro_batch))

    def _backward(self, run: Run, batch: Parts, share: float = 1.0) -> Any:  # a float, or a tensor on a device
        """Add the gradients of a batch, or of a part that is `share` of it; returns its share of the loss."""
        inputs, targets = batch
        with self.precision.autocast:
            loss = self._loss(forward(self.model, inputs), targets)
            if share != 1.0:
                loss = loss * share
        # As in a loop by hand, a loss lives until the next one is there: freed with this frame, its memory goes back to
        # the system and is taken anew each step, which was measured at 12 to 30 us of 1.5 ms.
        self._last_loss = loss
        # on a device every look is a wait, so there it is taken in the sampled steps alone
        value = loss.item() if loss.is_cpu or run.sampling else loss.detach()
        if type(value) is float and not -math.inf < value < math.inf:
            raise Diverged(self._why_not_finite(run, value, batch))
        self.precision.backward(loss)
        return value

    def _first_loss(self, outputs: Any, targets: Any) -> Tensor:
        """With the first outputs at hand: find the loss, and the metric of class targets, where none were given."""
        if self.loss_fn is None:
            self.loss_fn, why = find_loss(outputs, targets)
            assert self.run is not None
            self.run.note(f"loss_fn: {why}.")
        if self._adds_accuracy and class_axis(outputs, targets) is not None:
            self.metrics = {"accuracy": accuracy}
        self._loss = self.loss_fn
        return self.loss_fn(outputs, targets)

    def _measure_and_clip(self, run: Run) -> None:
        self.precision.unscale(self.optimizer)
        norm = nn.utils.get_total_norm([weight.grad for weight in self.model.parameters() if weight.grad is not None])
        if self.config.clip_norm is not None:
            nn.utils.clip_grads_with_norm_(self.model.parameters(), self.config.clip_norm, norm)
        if run.sampling:
            run.log(grad_norm=norm, lr=self.optimizer.param_groups[0]["lr"])

    def _in_a_sentence(self, error: Exception) -> UsageError | None:
        """What is wrong with the batch, where that is why torch refused it."""
        if self._batch is None:
            return None
        inputs, targets = self._batch
        if self._loss == self._first_loss and (sentence := shape_sentence(error, inputs)):
            return UsageError(sentence)
        try:
            with torch.no_grad():
                where = label_outside(forward(self.model, inputs), targets)
        except Exception:  # the model itself fails, and its own error says more
            return None
        return UsageError(f"The targets hold {where}.") if where else None

    def _why_not_finite(self, run: Run, loss: float, batch: Parts) -> str:
        num_batches = self.train_batches.count
        place = f"step {run.step}" + (f" (batch {run.step % num_batches} of its epoch)" if num_batches else "")
        run.log(loss=loss)
        if where := not_finite(batch.inputs):
            return f"The loss became {loss} at {place}: the inputs hold NaN or infinity in {where}. Clean the data."
        if where := not_finite(batch.targets):
            return f"The loss became {loss} at {place}: the targets hold NaN or infinity in {where}. Clean the data."
        return f"The loss became {loss} at {place}, with finite data: lower the learning rate or clip the gradients."

    def _evaluate(self, run: Run) -> None:
        assert self.val_batches is not None
        with run.span("evaluation"):
            measured = evaluate(
                self.model,
                self._watched(run, self.val_batches.epoch(0)),
                self._loss,
                self.metrics,
                self.precision,
            )
        if run.stopping:  # half an evaluation is no measure
            return
        run.log(step=run.step, **measured)
        if self.scheduler is not None and _waits_for_metric(self.scheduler):
            self.scheduler.step(measured["val_loss"])  # type: ignore[arg-type]  # a metric, for this one
        self._early_stop.after(measured)

    def _watched(self, run: Run, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches of an evaluation; commands are obeyed between them, and it ends early with the run."""
        for batch in batches:
            for command in run.poll():
                self._obey(run, command)
            if run.stopping:
                return
            yield batch

    def _obey(self, run: Run, command: AnyCommand) -> None:
        match command:
            case Save():
                artifact = run.save_blob(f"weights-{run.step}.safetensors", weights_bytes(self.model), kind="weights")
                run.answer(command, refused="" if artifact else "the weights could not be written")
            case Set(name="lr", value=value) if value >= 0:
                set_learning_rate(self.optimizer, self.scheduler, value)
                run.answer(command)
            case Set():
                run.answer(command, refused=f"only lr, of 0 or more, can be set, not {command.name}={command.value:g}")
            case _:
                run.answer(command, refused="a trainer does not take it")


def _waits_for_metric(scheduler: Any) -> bool:
    return isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
