"""The trainer: one loop, on one page, that writes its record through `run.steps` like any other loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ds_notebook.errors import Diverged, UsageError
from ds_notebook.record.events import Decision
from ds_notebook.record.run import Run
from ds_notebook.train.background import in_background
from ds_notebook.train.batch import Parts, forward, num_samples, placed
from ds_notebook.train.begin import begin, start
from ds_notebook.train.choose_precision import choose_precision
from ds_notebook.train.compiled import compiled
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.course import Course
from ds_notebook.train.data import batches_of
from ds_notebook.train.device import chosen_device, fitting_threads
from ds_notebook.train.diverged import holds_nan, went_wrong
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.evaluate import evaluate
from ds_notebook.train.faults import explained, first_batch_sentence
from ds_notebook.train.fit_micro_batch import fit_micro_batch
from ds_notebook.train.fitting_step import FittingStep
from ds_notebook.train.interrupt import first_interrupt
from ds_notebook.train.lazy import check_shapes_are_known
from ds_notebook.train.loss import (
    LossFn,
    check_loss,
    checked,
    find_loss,
    ignored_target,
    label_outside,
    shifts_targets,
)
from ds_notebook.train.lr_range import RangeTest
from ds_notebook.train.metrics import Metrics
from ds_notebook.train.modes import Modes
from ds_notebook.train.obey import obey
from ds_notebook.train.optim import default_scheduler, gradient_norm, optimizer_of, scheduler_of, waits_for_metric
from ds_notebook.train.precision import Precision, precision_of
from ds_notebook.train.progress import Progress
from ds_notebook.train.range_test import endless, test_rates
from ds_notebook.train.recompute import recomputing
from ds_notebook.train.resume import Resumption
from ds_notebook.train.rng import rng_kept, seed_all
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step

NUM_TRIAL_BATCHES = 4


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
        check_shapes_are_known(model, self.config)
        model.to(self.device)
        self.train_batches = batches_of("train_data", train_data, self.config, shuffle=True)
        self.val_batches = None if val_data is None else batches_of("val_data", val_data, self.config, shuffle=False)
        if loss_fn is not None:
            check_loss(loss_fn, micro_batches=self.config.micro_batch is not None)
        if isinstance(loss_fn, nn.Module):
            loss_fn.to(self.device)
        self.loss_fn = loss_fn
        self.metrics = Metrics(metrics)
        self.optimizer = optimizer_of(optimizer, model, self.config, self.device)
        num_batches = self.train_batches.count
        self.total_steps = None if num_batches is None else num_batches * self.config.epochs
        self._course = Course(self.config, num_batches)
        validates = self.val_batches is not None
        self.scheduler = scheduler_of(scheduler, self.optimizer, self._course, self.config, validates=validates)
        self._own_schedule = scheduler is None
        self._steps_scheduler = scheduler is None or self.config.scheduler_every == "step"
        self._step = self._new_step(precision_of(self.config.precision, self.device, model))
        if self.config.patience is not None and not validates:
            raise UsageError("patience looks at what is measured on val_data: pass val_data, or leave patience out.")
        self._early_stop = EarlyStop(self.config.monitor, self.config.patience)
        decay = self.config.ema
        self._ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay)) if decay else None
        self.state = TrainingState(model, self._step, self.scheduler, self._early_stop, self._ema, loss_fn)
        self._batch: Parts | None = None
        self._tries = False
        self._saves_start = False
        self.run: Run | None = None
        """The run of the last `fit`, also where it raised."""

    def _new_step(self, precision: Precision) -> Step:
        of = self.model, self.optimizer, precision, self._first_loss
        micro_batch = self.config.micro_batch
        step = FittingStep(*of, said=self._emit) if micro_batch == "auto" else Step(*of)
        step.micro_batch = None if micro_batch == "auto" else micro_batch
        step.ignored_target = ignored_target(self.loss_fn)
        step.shifts_targets = self.loss_fn is None and shifts_targets(self.model)
        return step

    def _emit(self, decision: Decision) -> None:
        assert self.run is not None
        self.run.emit(decision)

    def fit(self) -> Run:
        """Train, evaluate after each epoch, check the gates, and return the run.

        The first interrupt finishes the step and returns normally, with the model usable and the
        run "interrupted"; a second one raises KeyboardInterrupt. Raises Diverged where the loss is
        not finite, DataError where a batch or a loader fails, GateFailed where a gate does. With `background`
        it returns at once, interrupts are not for it, and `run.wait()` raises what it raised.
        """
        if self.config.background == "process":
            raise UsageError("A process of its own is for `%%ds_train` and its cell. Choose background thread.")
        if self.config.lr_range_test:
            test = RangeTest()
            self.run = run = start(self.config, kind="lr-range", total_steps=test.num_steps)
            return self._here_or_behind(run, lambda: self._test_rates(run, test))
        self.run, resumption = begin(self.config, self.state, self.train_batches, self.total_steps)
        run = self.run
        return self._here_or_behind(run, lambda: self._work(run, resumption))

    def _here_or_behind(self, run: Run, work: Callable[[], None]) -> Run:
        def watched() -> None:
            with run, first_interrupt(lambda: run.ask_to_end("interrupted")), fitting_threads(self.device):
                work()
            if self.config.gate and run.status == "finished":
                run.gate(*self.config.gate)

        if self.config.background:
            in_background(run, watched)
        else:
            watched()
        return run

    def _test_rates(self, run: Run, test: RangeTest) -> None:
        with explained(run, 0, self._in_a_sentence), rng_kept(self.device):
            seed_all(self.config.seed)
            test_rates(run, self.state, self._seen(endless(self.train_batches)), test)

    # -- the training

    def _work(self, run: Run, resumption: Resumption | None) -> None:
        seed_all(self.config.seed)
        with ExitStack() as until_the_end:
            self._prepare(run, resumption, until_the_end)
            self._train(run)
            self.progress.save_end()
        if self._ema is not None:
            self.model.load_state_dict(self._ema.module.state_dict())

    def _prepare(self, run: Run, resumption: Resumption | None, until_the_end: ExitStack) -> None:
        self.progress = progress = Progress(run, self.state, self.train_batches, self._course, self.config)
        until_the_end.callback(progress.finish_writing)
        if resumption:
            verdict = "resumed" if resumption.record else "fresh start"
            run.emit(Decision(policy="resume", subject=run.id, verdict=verdict, reason=resumption.said))
        if self.config.recompute:
            run.note(until_the_end.enter_context(recomputing(self.model)))
        if self.config.compile:
            self._step.model, sentence = compiled(self.model, self.device)
            run.note(sentence)
        self._modes = Modes(self.model)
        if frozen := self._modes.frozen:
            more = f" and {len(frozen) - 3} more" if len(frozen) > 3 else ""
            run.note(f"Frozen, as they were in evaluation mode: {', '.join(frozen[:3])}{more}.")
        progress.check_can_save()
        resumes = resumption is not None and resumption.record is not None
        self._tries = not resumes and "auto" in (self.config.precision, self.config.micro_batch)
        if resumption and resumes:
            progress.load(resumption.tree)
        self._saves_start = self.config.on_divergence == "rollback" and not resumes
        if not resumes:
            self._early_stop.restart()
            if self._own_schedule:  # of an earlier fit it would be at its end
                self._course.enter(0, 0, self.train_batches.count)
                self.state.scheduler = self.scheduler = default_scheduler(self.optimizer, self._course)

    def _train(self, run: Run) -> None:
        progress = self.progress
        while progress.epoch < self.config.epochs and not self._early_stop.now and not run.stopping:
            try:
                with explained(run, progress.epoch, self._in_a_sentence):
                    self._train_epoch(run)
                    if run.stopping:
                        return
                    self._check_weights(run)
                    best = self._evaluate(run)
            except Diverged as error:
                if not progress.roll_back(error):
                    raise
                continue
            except _HalfEvaluated:
                return
            if self.scheduler is not None and not self._steps_scheduler and not waits_for_metric(self.scheduler):
                self.scheduler.step()
            progress.end_epoch()
            if best or progress.due:
                progress.save(best=best)

    # -- an epoch

    def _train_epoch(self, run: Run) -> None:
        self._modes.train()
        step, ema, progress = self._step, self._ema, self.progress
        scheduler = self.scheduler if self._steps_scheduler else None
        clips = self.config.clip_norm is not None
        run.log(epoch=progress.epoch + 1)
        batches = self._batches(run)
        first_step, samples, start_s = run.step, 0, time.perf_counter() - run.paused_s
        gradients = step.plain_gradients if step.is_plain else step.gradients
        with run.span("epoch"):
            for loaded in run.steps(batches):
                self._batch = batch = placed(loaded, self.device)
                loss: Any = self._timed_gradients(run, batch) if run.sampling else gradients(batch)
                # on a device every look is a wait, so there it is taken in the sampled steps alone
                if loss.is_cpu or run.sampling:
                    loss = loss.item()
                    if not -math.inf < loss < math.inf:
                        raise self._diverged(run, loss, batch)
                if run.sampling or clips:
                    self._measure_and_clip(run)
                if run.sampling:
                    with run.span("optimizer"):
                        step.update()
                else:
                    step.update()
                if scheduler is not None:
                    scheduler.step()
                if ema is not None:
                    ema.update_parameters(self.model)
                run.log(loss=loss)
                samples += num_samples(batch)
                for command in run.poll():
                    obey(self, run, command)
                if run.sampling and progress.due:
                    progress.save()
        if run.step > first_step:
            _log_for_last_step(run, samples_per_s=samples / (time.perf_counter() - run.paused_s - start_s))
        elif not run.stopping and run.step == progress.epoch_step:
            raise UsageError("train_data is empty: it has no batch to train on.")

    def _timed_gradients(self, run: Run, batch: Parts) -> Tensor:
        """Of a sampled step: its phases are on the time line, and stand for those of the steps like it."""
        with self._step.timed(run.span):
            return self._step.gradients(batch)

    def _batches(self, run: Run) -> Iterator[Any]:
        batches = self.progress.rest_of_epoch()
        if self._tries:
            batches = self._after_trials(run, batches)
        if self._saves_start:
            self._saves_start = False
            self.progress.save(keep=True)
        return batches

    def _after_trials(self, run: Run, batches: Iterator[Any]) -> Iterator[Any]:
        """Choose what is left to be chosen on the first batches, which are then trained on like all others."""
        self._tries = False
        first = list(islice(batches, NUM_TRIAL_BATCHES))
        if parts := [placed(batch, self.device) for batch in first]:
            self._batch = parts[0]
            if self.config.micro_batch == "auto":  # first, as a whole batch may be more than the memory holds
                run.emit(fit_micro_batch(self.state, parts[0]))
            if self.config.precision == "auto":
                run.emit(choose_precision(self.state, parts))
        return chain(first, batches)

    def _first_loss(self, outputs: Any, targets: Any) -> Tensor:
        """With the first outputs at hand: find the loss, where none was given."""
        if self.loss_fn is None:
            self.loss_fn, why = find_loss(outputs, targets)
            assert self.run is not None
            self.run.note(f"loss_fn: {why}.")
        self._step.loss_fn = self.loss_fn
        return checked(self.loss_fn(outputs, targets))

    def _measure_and_clip(self, run: Run) -> None:
        self._step.precision.unscale(self.optimizer)
        norm = gradient_norm(self.model)
        if self.config.clip_norm is not None:
            nn.utils.clip_grads_with_norm_(self.model.parameters(), self.config.clip_norm, norm)
        if run.sampling:
            run.log(grad_norm=norm)
            if (rate := self.optimizer.param_groups[0]["lr"]) is not None:  # an optimizer may find its own
                run.log(lr=rate)

    def _in_a_sentence(self, error: Exception) -> UsageError | None:
        """What is wrong with the batch, where that is why torch refused it."""
        if self._batch is None:
            return None
        inputs, targets = self._batch
        if self._step.loss_fn == self._first_loss and (sentence := first_batch_sentence(error, inputs)):
            return UsageError(sentence)
        try:
            with torch.no_grad():
                where = label_outside(forward(self.model, inputs), targets, self._step.ignored_target)
        except Exception:  # the model itself fails, and its own error says more
            return None
        return UsageError(f"The targets hold {where}.") if where else None

    # -- evaluation

    def _evaluate(self, run: Run) -> bool:
        """Measure the model, where there is data for it; whether it is the best so far."""
        if self.val_batches is None:
            return False
        with run.span("evaluation"):
            measured = evaluate(
                self.model if self._ema is None else self._ema.module,
                self._watched(run, self._seen(self.val_batches.epoch(0))),
                self._step,
                self.metrics,
            )
        _log_for_last_step(run, **measured)
        if self.scheduler is not None and waits_for_metric(self.scheduler):
            self.scheduler.step(measured["val_loss"])
        return self._early_stop.after({name: float(value) for name, value in measured.items()})

    def _watched(self, run: Run, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches of an evaluation; commands are obeyed between them, and it ends early with the run."""
        for batch in batches:
            for command in run.poll():
                obey(self, run, command)
            if run.stopping:
                raise _HalfEvaluated
            yield batch

    def _seen(self, batches: Iterable[Any]) -> Iterator[Any]:
        """The batches on the device, each remembered for what may have to be said of it."""
        for batch in batches:
            self._batch = placed(batch, self.device)
            yield self._batch

    # -- divergence

    def _check_weights(self, run: Run) -> None:
        """After an epoch: the gradient of a finite loss may be NaN, and its last step has no loss after it."""
        if holds_nan(self.model):
            assert self._batch is not None
            what = f"After step {run.step - 1} the weights hold NaN"
            self.progress.finish_writing()
            raise went_wrong(run, self.model, self._step, self._batch, what)

    def _diverged(self, run: Run, loss: float, batch: Parts) -> Diverged:
        run.log(loss=loss)
        num_batches = self.train_batches.count
        place = f"step {run.step}" + (f" (batch {self.progress.batches_done - 1} of its epoch)" if num_batches else "")
        self.progress.finish_writing()
        return went_wrong(run, self.model, self._step, batch, f"The loss became {loss} at {place}")


def _log_for_last_step(run: Run, **values: float) -> None:
    """What an epoch came to belongs to its last step: a resume from the next one on must not supersede it."""
    next_step = run.step
    run.log(step=next_step - 1, **values)
    run.step = next_step


class _HalfEvaluated(Exception):
    """The run was asked to end in an evaluation: what was measured until then is no measure."""
