"""The trainer: one loop, on one page, that writes its record through `run.steps` like any other loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.errors import Diverged, UsageError
from ds_notebook.options import to_builtins
from ds_notebook.record.commands import AnyCommand, Save, Set
from ds_notebook.record.run import Run
from ds_notebook.start import start_run
from ds_notebook.train.batch import Parts, forward, not_finite, parts, size, split, to_device
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
                with explained(run, epoch):
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
        with run.span("epoch"):
            for batch in run.steps(self.train_batches.epoch(epoch)):
                if run.step == first_step:
                    run.log(epoch=epoch + 1)
                num_samples += self._train_step(run, parts(batch))
                self._obey_commands(run)
        if num_samples == 0 and not run.stopping:
            raise UsageError("train_data is empty: it has no batch to train on.")
        run.log(samples_per_s=num_samples / (time.perf_counter() - start_s))
        if self.scheduler is not None and not self._steps_scheduler and not _waits_for_metric(self.scheduler):
            self.scheduler.step()

    def _train_step(self, run: Run, batch: Parts) -> int:
        """One update of the weights from one batch; returns its number of samples."""
        batch = Parts(to_device(batch.inputs, self.device), to_device(batch.targets, self.device))
        if self.config.micro_batch is None:
            loss = self._backward(run, batch, 1.0)
        else:
            loss = sum(self._backward(run, piece, share) for piece, share in split(batch, self.config.micro_batch))
        run.log(loss=loss)
        self._update(run)
        return size(batch.inputs)

    def _backward(self, run: Run, batch: Parts, share: float) -> Any:  # a float, or a tensor on a device
        """Add the gradients of a batch, or of a part that is `share` of it; returns its share of the loss."""
        with self.precision.autocast():
            outputs = self._forward(run, batch.inputs)
            loss = self._loss(run, outputs, batch.targets)
            if share != 1.0:
                loss = loss * share
        # on a device every look is a wait, so there it is taken in the sampled steps alone
        value = loss.item() if loss.is_cpu or run.sampling else loss.detach()
        if isinstance(value, float) and not math.isfinite(value):
            raise Diverged(self._why_not_finite(run, value, batch))
        self.precision.backward(loss)
        return value

    def _update(self, run: Run) -> None:
        clip_norm = self.config.clip_norm
        if clip_norm is not None or run.sampling:
            self.precision.unscale(self.optimizer)
            grads = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
            norm = nn.utils.get_total_norm(grads)
            if clip_norm is not None:
                nn.utils.clip_grads_with_norm_(self.model.parameters(), clip_norm, norm)
            if run.sampling:
                run.log(grad_norm=norm, lr=self.optimizer.param_groups[0]["lr"])
        self.precision.step(self.optimizer)
        self.optimizer.zero_grad()
        if self.scheduler is not None and self._steps_scheduler:
            self.scheduler.step()

    def _forward(self, run: Run, inputs: Any) -> Any:  # what the user's model takes and returns
        try:
            return forward(self.model, inputs)
        except RuntimeError as error:
            if run.step == 0 and (sentence := shape_sentence(error, inputs)):
                raise UsageError(sentence) from error
            raise

    def _loss(self, run: Run, outputs: Any, targets: Any) -> Tensor:
        if self.loss_fn is None:
            self.loss_fn, why = find_loss(outputs, targets)
            run.note(f"loss_fn: {why}.")
        if self._adds_accuracy:
            self.metrics = {} if class_axis(outputs, targets) is None else {"accuracy": accuracy}
            self._adds_accuracy = False
        try:
            return self.loss_fn(outputs, targets)
        except (IndexError, RuntimeError) as error:
            if where := label_outside(outputs, targets):
                raise UsageError(f"Step {run.step}: the targets hold {where}.") from error
            raise

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
                partial(self._loss, run),
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
            self._obey_commands(run)
            if run.stopping:
                return
            yield batch

    def _obey_commands(self, run: Run) -> None:
        for command in run.poll():
            self._obey(run, command)

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
