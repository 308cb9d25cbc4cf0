"""Where a training is in its data, and the checkpoints that bring it back there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ds_notebook.errors import Diverged, UsageError
from ds_notebook.record.events import Artifact
from ds_notebook.record.run import Run
from ds_notebook.train.checkpoints import Checkpoints, good_checkpoints
from ds_notebook.train.config import TrainConfig
from ds_notebook.train.course import Course
from ds_notebook.train.data import Batches
from ds_notebook.train.fingerprint import fingerprint
from ds_notebook.train.optim import scale_learning_rate
from ds_notebook.train.precision import precision_of
from ds_notebook.train.rng import rng_state, set_rng_state
from ds_notebook.train.state import TrainingState
from ds_notebook.train.tree import Tree, pack

MAX_ROLLBACKS = 5
"""A training that diverges once more after so many halvings of its learning rate has another fault."""


class Progress:
    """Epoch and batch of one run's training; saves them with the state, and goes back to them."""

    def __init__(self, run: Run, state: TrainingState, batches: Batches, course: Course, config: TrainConfig) -> None:
        self.epoch = 0
        self.epoch_step = run.step
        """The step that its first batch is, or was."""
        self._next_batch_size = batches.batch_size
        self._run = run
        self._state = state
        self._batches = batches
        self._course = course
        self._config = config
        self._data = ""
        self._skips_rest = False
        self._rng: Any = None
        self._rng_before_epoch: Any = None
        self._num_rollbacks = 0
        self._diverged_at, self._went_back_to = 0, ""
        self._in_vain: set[str] = set()
        """Checkpoints from which it came to the same end again."""
        interval_s = config.checkpoint_interval_s
        self._checkpoints = Checkpoints(run, interval_s or math.inf, config.keep_checkpoints)
        self._saves = interval_s is not None

    # -- through the data

    @property
    def batches_done(self) -> int:
        """Of the epoch that is running; inside a step, its batch is among them."""
        return self._run.num_steps - self.epoch_step

    def rest_of_epoch(self) -> Iterator[Any]:
        """The batches still to come; after a resume, with the random numbers that would have come without it.

        Making an iterator may draw some, such as a foreign sampler's order. A checkpoint from before an epoch's first
        batch has those from before its iterator; a later one those from after it.
        """
        resumed, self._rng = self._rng, None
        if resumed is not None and not self.batches_done:
            set_rng_state(resumed, self._state.device)
        self._rng_before_epoch = rng_state(self._state.device)
        rest = iter(() if self._skips_rest else self._batches.epoch(self.epoch, self.batches_done))
        if resumed is not None and self.batches_done:
            set_rng_state(resumed, self._state.device)
        self._skips_rest = False
        return rest

    def end_epoch(self) -> None:
        """On to the next, with the batch size that was set meanwhile."""
        self._batches.batch_size = self._next_batch_size
        self.epoch, self.epoch_step = self.epoch + 1, self._run.step
        self._rng_before_epoch = None
        self._course.enter(self.epoch, self.epoch_step, self._batches.count)

    def set_batch_size(self, batch_size: int) -> bool:
        """Make batches of this size from the next epoch on; False where the data comes in batches of its own."""
        if self._batches.batch_size is None:
            return False
        self._next_batch_size = batch_size
        return True

    # -- checkpoints

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return self._saves and self._checkpoints.due

    def save(self, *, best: bool = False, keep: bool = False, done: Callable[[bool], None] | None = None) -> None:
        """Save where we are, if the config says so or it is to be kept for good; written behind.

        `done` is told, from another thread, whether there was room for it.
        """
        if self._saves or keep:
            self._run.flush()
            self._checkpoints.save(self._tree(), self._run.num_steps, best=best, keep=keep, done=done)

    def check_can_save(self) -> None:
        """Raise UsageError for a state that no checkpoint can hold: before the first step, not after an hour."""
        if self._saves:
            pack(self._state.tree())

    def save_end(self) -> None:
        """Save the end, unless the last checkpoint is of it."""
        if self._checkpoints.last_step != self._run.num_steps:
            self.save()

    def finish_writing(self) -> None:
        """Return once no checkpoint is in flight."""
        self._checkpoints.wait()

    def _tree(self) -> Tree:
        tree = self._state.tree()
        if not self.batches_done and self._rng_before_epoch is not None:
            tree["rng"] = self._rng_before_epoch
        return {
            **tree,
            "epoch": self.epoch,
            "batches_done": self.batches_done,
            "batch_size": self._batches.batch_size,
            "next_batch_size": self._next_batch_size,
            "num_rollbacks": self._num_rollbacks,
            "data": self._known_by(),
        }

    def _known_by(self) -> str:
        self._data = self._data or fingerprint(self._batches)
        return self._data

    def load(self, tree: Tree) -> None:
        """Go on after the steps of a checkpoint."""
        here = self._state.device.type
        if tree["device"] != here:
            self._warn(f"This run was on {tree['device']} and goes on on {here}: not bit for bit the same.")
        self._state.load(self._as_far_as_possible(tree))
        self.epoch, self.epoch_step = tree["epoch"], tree["step"] - tree["batches_done"]
        self._rng, self._num_rollbacks = tree["rng"], tree["num_rollbacks"]
        if self._batches.batch_size != tree["batch_size"]:
            self._warn(f"Batches have the checkpoint's {tree['batch_size']} samples, not {self._batches.batch_size}.")
        self._batches.batch_size = tree["batch_size"]
        self._next_batch_size = tree["next_batch_size"]
        self._course.enter(self.epoch, self.epoch_step, self._batches.count)
        if tree["batches_done"] and not self._batches.rewinds:
            self._skips_rest = True
            self._warn("train_data cannot be entered in the middle of an epoch: the rest of this one is left out.")

    def _as_far_as_possible(self, tree: Tree) -> Tree:
        """The state with the recipe that holds here: options that say it win, and not every device has each one."""
        chosen = self._config.precision
        if chosen == "auto":
            chosen = tree["precision"]
            try:
                precision_of(chosen, self._state.device, self._state.model)
            except UsageError as error:
                self._warn(f"This run was in {chosen} so far and goes on in fp32. {error}")
                chosen = "fp32"
        own = self._config.micro_batch
        return {**tree, "precision": chosen, "micro_batch": tree["micro_batch"] if own == "auto" else own}

    def roll_back(self, error: Diverged) -> bool:
        """Whether we are back at an earlier checkpoint, with half the learning rate it had there.

        That is the newest good one; where that led to the same end before, the one before it.
        """
        if self._config.on_divergence != "rollback" or error.in_the_data or self._num_rollbacks == MAX_ROLLBACKS:
            return False
        if (good := self._one_before(self._run.step)) is None:
            return False
        artifact, tree = good
        if tree["batches_done"] and not self._batches.rewinds:
            return False
        num_rollbacks = self._num_rollbacks + 1
        self.load(tree)
        self._num_rollbacks = num_rollbacks
        factor = 0.5 ** (num_rollbacks - tree["num_rollbacks"])
        scale_learning_rate(self._state.step.optimizer, self._state.scheduler, factor)
        self._run.go_back(tree["step"], f"{error} Went back to {artifact.path}, with {factor:g} of its learning rate.")
        return True

    def _one_before(self, step: int) -> tuple[Artifact, Tree] | None:
        """The checkpoint to go back to from a step that diverged: one of that very step has the weights that did it."""
        if self._went_back_to and step <= self._diverged_at:
            self._in_vain.add(self._went_back_to)
        found = None
        for artifact, tree in good_checkpoints(self._run.record, []):
            if tree["step"] < step:
                found = artifact, tree
                if artifact.path not in self._in_vain:
                    break
        if found:
            self._diverged_at, self._went_back_to = step, found[0].path
        return found

    def _warn(self, sentence: str) -> None:
        self._run.note(sentence, "warning")
