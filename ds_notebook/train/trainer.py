"""The trainer: one loop, on one page, that writes its record through `run.steps` like any other loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ds_notebook.errors import Diverged, UsageError
from ds_notebook.options import to_builtins
from ds_notebook.record.events import Decision
from ds_notebook.record.run import Run
from ds_notebook.start import continue_run, start_run
from ds_notebook.train.batch import Parts, forward, placed, size
from ds_notebook.train.checkpoints import Checkpoints, last_good
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.data import batches_of
from ds_notebook.train.device import chosen_device, fitting_threads
from ds_notebook.train.diverged import went_wrong
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.evaluate import evaluate
from ds_notebook.train.faults import explained, shape_sentence
from ds_notebook.train.fingerprint import fingerprint
from ds_notebook.train.interrupt import first_interrupt
from ds_notebook.train.loss import LossFn, class_axis, find_loss, label_outside
from ds_notebook.train.metrics import accuracy, named_metrics
from ds_notebook.train.obey import obey
from ds_notebook.train.optim import check_belongs, default_optimizer, default_scheduler, set_learning_rate
from ds_notebook.train.precision import precision_of
from ds_notebook.train.resume import Resumption, find_resumption
from ds_notebook.train.rng import seed_all, set_rng_state
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step
from ds_notebook.train.tree import Tree

MAX_ROLLBACKS = 5
"""A training that diverges once more after so many halvings of its learning rate has another fault."""


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
        if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
            optimizer = optimizer(model.parameters())
        self.optimizer = optimizer or default_optimizer(model, self.config, self.device)
        check_belongs(self.optimizer, model)
        num_batches = self.train_batches.count
        self.total_steps = None if num_batches is None else num_batches * self.config.epochs
        self.scheduler = scheduler or default_scheduler(self.optimizer, self.config, self.total_steps)
        self._steps_scheduler = scheduler is None or self.config.scheduler_every == "step"
        precision = precision_of(self.config.precision, self.device, model)
        self._step = Step(model, self.optimizer, precision, self._first_loss)
        self._early_stop = EarlyStop(self.config.monitor, self.config.patience)
        decay = self.config.ema
        self._ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None
        self.state = TrainingState(model, self._step, self.scheduler, self._early_stop, self._ema)
        self._checkpoints: Checkpoints | None = None
        self._batch: Parts | None = None
        self._epoch = 0
        self._batches_done = 0
        self._epoch_step = 0
        self._skips_rest = False
        self._rng_to_restore: Any = None
        self._num_rollbacks = 0
        self._batch_size = self.config.batch_size
        self._data = ""
        self.run: Run | None = None
        """The run of the last `fit`, also where it raised."""

    def fit(self) -> Run:
        """Train, evaluate after each epoch, check the gates, and return the run.

        The first interrupt finishes the step and returns normally, with the model usable and the
        run "interrupted"; a second one raises KeyboardInterrupt. Raises Diverged where the loss is
        not finite, DataError where a batch or a loader fails, GateFailed where a gate does.
        """
        resumption = self._resumption()
        self.run = run = self._begin(resumption)
        with run, first_interrupt(lambda: run.ask_to_end("interrupted")), fitting_threads(self.device):
            seed_all(self.config.seed)
            with ExitStack() as until_the_end:
                self._prepare(run, resumption, until_the_end)
                self._train(run)
                self._save(run, unless_saved=True)
            if self._ema is not None:
                self.model.load_state_dict(self._ema.module.state_dict())
        if self.config.gate and run.status == "finished":
            run.gate(*self.config.gate)
        return run

    # -- beginning, and going on

    def _resumption(self) -> Resumption | None:
        if self.config.resume is None:
            return None
        return find_resumption(self.config, self.model, self._fingerprint())

    def _begin(self, resumption: Resumption | None) -> Run:
        config = to_builtins(self.config)
        if resumption and resumption.record:
            step = resumption.tree["step"]
            return continue_run(resumption.record, step, config=config, total_steps=self.total_steps)
        return start_run(
            self.config.name,
            kind="train",
            config=config,
            tags=self.config.tags,
            notes=self.config.notes,
            total_steps=self.total_steps,
        )

    def _prepare(self, run: Run, resumption: Resumption | None, until_the_end: ExitStack) -> None:
        self._epoch = self._batches_done = self._epoch_step = self._num_rollbacks = 0
        self._checkpoints = None
        until_the_end.callback(self._finish_writing)
        if resumption:
            verdict = "resumed" if resumption.record else "fresh start"
            run.emit(Decision(policy="resume", subject=run.id, verdict=verdict, reason=resumption.said))
        if interval_s := self.config.checkpoint_interval_s:
            self._checkpoints = Checkpoints(run, interval_s, self.config.keep_checkpoints)
        if resumption and resumption.record:
            self._load(run, resumption.tree)
        elif self.config.on_divergence == "rollback":
            self._save(run)

    def _train(self, run: Run) -> None:
        while self._epoch < self.config.epochs and not self._early_stop.now:
            try:
                with explained(run, self._epoch, self._in_a_sentence):
                    self._train_epoch(run)
                    best = self.val_batches is not None and not run.stopping and self._evaluate(run)
            except Diverged as error:
                if not self._roll_back(run, error):
                    raise
                continue
            if run.stopping:
                return
            self._end_epoch(run)
            if self._checkpoints and (best or self._checkpoints.due):
                self._save(run, best=best)

    def _end_epoch(self, run: Run) -> None:
        scheduler = self.scheduler
        if scheduler is not None and not self._steps_scheduler and not _waits_for_metric(scheduler):
            scheduler.step()
        self._epoch, self._batches_done, self._epoch_step = self._epoch + 1, 0, run.step

    # -- an epoch

    def _train_epoch(self, run: Run) -> None:
        self.model.train()
        step, ema, checkpoints = self._step, self._ema, self._checkpoints
        scheduler = self.scheduler if self._steps_scheduler else None
        clips = self.config.clip_norm is not None
        first_step, num_samples, start_s = run.step, 0, time.perf_counter()
        self._epoch_step = epoch_step = first_step - self._batches_done
        run.log(epoch=self._epoch + 1)
        with run.span("epoch"):
            for loaded in run.steps(self._batches()):
                self._batch = batch = placed(loaded, self.device)
                loss: Any = step.gradients(batch)
                # on a device every look is a wait, so there it is taken in the sampled steps alone
                if loss.is_cpu or run.sampling:
                    loss = loss.item()
                    if not -math.inf < loss < math.inf:
                        raise self._diverged(run, loss, batch)
                if run.sampling or clips:
                    self._measure_and_clip(run)
                step.update()
                if scheduler is not None:
                    scheduler.step()
                if ema is not None:
                    ema.update_parameters(self.model)
                run.log(loss=loss)
                num_samples += size(batch.inputs)
                self._batches_done = run.step + 1 - epoch_step
                for command in run.poll():
                    obey(self, run, command)
                if run.sampling and checkpoints is not None and checkpoints.due:
                    self._save(run)
        if run.step > first_step:
            _log_for_last_step(run, samples_per_s=num_samples / (time.perf_counter() - start_s))
        elif not run.stopping and run.step == self._epoch_step:
            raise UsageError("train_data is empty: it has no batch to train on.")

    def _batches(self) -> Iterator[Any]:
        """What is left of the epoch; the random numbers go on from here, whatever making the iterator drew."""
        left = () if self._skips_rest else self.train_batches.epoch(self._epoch, self._batches_done)
        batches, self._skips_rest = iter(left), False
        if self._rng_to_restore is not None:
            set_rng_state(self._rng_to_restore)
            self._rng_to_restore = None
        return batches

    def _first_loss(self, outputs: Any, targets: Any) -> Tensor:
        """With the first outputs at hand: find the loss, where none was given."""
        if self.loss_fn is None:
            self.loss_fn, why = find_loss(outputs, targets)
            assert self.run is not None
            self.run.note(f"loss_fn: {why}.")
        self._step.loss_fn = self.loss_fn
        return self.loss_fn(outputs, targets)

    def _measure_and_clip(self, run: Run) -> None:
        self._step.precision.unscale(self.optimizer)
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
        if self._step.loss_fn == self._first_loss and (sentence := shape_sentence(error, inputs)):
            return UsageError(sentence)
        try:
            with torch.no_grad():
                where = label_outside(forward(self.model, inputs), targets)
        except Exception:  # the model itself fails, and its own error says more
            return None
        return UsageError(f"The targets hold {where}.") if where else None

    # -- evaluation

    def _evaluate(self, run: Run) -> bool:
        """Measure the model; whether it is the best so far."""
        assert self.val_batches is not None
        with run.span("evaluation"):
            measured = evaluate(
                self.model if self._ema is None else self._ema.module,
                self._watched(run, self.val_batches.epoch(0)),
                self._step.loss_fn,
                self._metrics_for,
                self._step.precision,
            )
        if run.stopping:  # half an evaluation is no measure
            return False
        _log_for_last_step(run, **measured)
        if self.scheduler is not None and _waits_for_metric(self.scheduler):
            self.scheduler.step(measured["val_loss"])  # type: ignore[arg-type]  # a metric, for this one
        return self._early_stop.after(measured)

    def _metrics_for(self, outputs: Any, targets: Any) -> Mapping[str, Any]:
        """The user's metrics; without any, the accuracy of class targets."""
        if self._adds_accuracy and class_axis(outputs, targets) is not None:
            return {"accuracy": accuracy}
        return self.metrics

    def _watched(self, run: Run, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches of an evaluation; commands are obeyed between them, and it ends early with the run."""
        for batch in batches:
            for command in run.poll():
                obey(self, run, command)
            if run.stopping:
                return
            yield batch

    # -- checkpoints

    def save(self, done: Callable[[bool], None] | None = None) -> None:
        """Save a checkpoint that is kept; `done` is told, from another thread, whether there was room for it."""
        assert self.run is not None
        if self._checkpoints is None:
            self._checkpoints = Checkpoints(self.run, math.inf, self.config.keep_checkpoints)
        self._save(self.run, keep=True, done=done)

    def _save(self, run: Run, *, unless_saved: bool = False, **how: Any) -> None:
        """Save the state after the steps that are done; inside a step, the running one is among them."""
        if self._checkpoints is None:
            return
        num_steps = self._epoch_step + self._batches_done
        if not (unless_saved and self._checkpoints.last_step == num_steps):
            self._checkpoints.save(self._tree(), num_steps, **how)

    def _tree(self) -> Tree:
        return {
            **self.state.tree(),
            "epoch": self._epoch,
            "batches_done": self._batches_done,
            "batch_size": self.batch_size,
            "num_rollbacks": self._num_rollbacks,
            "data": self._fingerprint(),
        }

    def _fingerprint(self) -> str:
        self._data = self._data or fingerprint(self.train_batches)
        return self._data

    def _load(self, run: Run, tree: Tree) -> None:
        """Go on after the steps of a checkpoint."""
        if tree["device"] != self.device.type:
            run.note(
                f"This run was on {tree['device']} and goes on on {self.device.type}: not bit for bit the same.",
                "warning",
            )
        self.state.load(tree)
        self._epoch, self._batches_done = tree["epoch"], tree["batches_done"]
        self._epoch_step = tree["step"] - self._batches_done
        self._rng_to_restore = tree["rng"]
        self.set_batch_size(tree["batch_size"])
        if self._batches_done and not self.train_batches.rewinds:
            self._skips_rest = True
            run.note(
                "train_data cannot be entered in the middle of an epoch: the rest of this one is left out.", "warning"
            )

    def _finish_writing(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.wait()

    # -- divergence

    def _diverged(self, run: Run, loss: float, batch: Parts) -> Diverged:
        run.log(loss=loss)
        num_batches = self.train_batches.count
        place = f"step {run.step}" + (f" (batch {self._batches_done} of its epoch)" if num_batches else "")
        self._finish_writing()
        return went_wrong(run, self.model, self._step, batch, f"The loss became {loss} at {place}")

    def _roll_back(self, run: Run, error: Diverged) -> bool:
        """Whether the training goes on from its last good checkpoint, with half the learning rate it had there."""
        if self.config.on_divergence != "rollback" or error.in_the_data or self._num_rollbacks == MAX_ROLLBACKS:
            return False
        if (good := last_good(run.record)) is None:
            return False
        artifact, tree, _ = good
        num_rollbacks = self._num_rollbacks + 1
        self._load(run, tree)
        self._num_rollbacks = num_rollbacks
        rate = self.optimizer.param_groups[0]["lr"] * 0.5 ** (num_rollbacks - tree["num_rollbacks"])
        set_learning_rate(self.optimizer, self.scheduler, rate)
        run.go_back(tree["step"], f"{error} Went back to {artifact.path}, with learning rate {rate:g}.")
        return True

    # -- what a command may set

    @property
    def batch_size(self) -> int:
        """Samples a weight update sees, where the trainer makes the batches."""
        return self._batch_size

    def set_batch_size(self, batch_size: int) -> bool:
        """Make batches of this size from the next epoch on; False where the data comes in batches of its own."""
        if batch_size == self._batch_size:
            return True
        if not self.train_batches.resize(batch_size):
            return False
        self._batch_size = batch_size
        return True


def _log_for_last_step(run: Run, **values: float) -> None:
    """What an epoch came to belongs to its last step: a resume from the next one on must not supersede it."""
    next_step = run.step
    run.log(step=next_step - 1, **values)
    run.step = next_step


def _waits_for_metric(scheduler: Any) -> bool:
    return isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
