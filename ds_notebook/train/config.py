"""The options of a training run, each spelled once: the same word in Python, in the magic and on the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ds_notebook.errors import UsageError
from ds_notebook.options import settle
from ds_notebook.record.gate import parse_gate
from ds_notebook.start import this_job

Precision = Literal["auto", "fp32", "bf16", "fp16"]
Schedule = Literal["constant", "cosine"]
Every = Literal["epoch", "step"]
OnDivergence = Literal["stop", "rollback"]
Background = Literal["thread", "process"]
_ABOVE_0 = ("clip_norm", "checkpoint_every_s")

DEFAULT_CHECKPOINT_EVERY_S = 60.0
"""Where checkpoints are needed and no number is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """How to train: saved with the run, so that it can be started again from its own record."""

    epochs: int = 1
    """Times the training data is gone through."""
    batch_size: int = 64
    """Samples a weight update sees; data that comes in batches of its own keeps them."""
    micro_batch: int | Literal["auto"] | None = None
    """Samples on the device at once; gradients are accumulated to the whole batch, so the learning is the same.
    auto takes the fastest size that fits into memory."""
    precision: Precision = "fp32"
    """Numbers in the forward pass: weights stay fp32 in each. auto measures which is fastest on this very model."""
    compile: bool = False
    """Compile the model (torch.compile): some tens of seconds at the start, and a C++ compiler, for faster steps."""
    recompute: bool = False
    """Gradient checkpointing: blocks compute their activations again in the backward pass, to need less memory."""
    device: str = "auto"
    """Where to train: auto takes a GPU if there is one; or cpu, cuda, cuda:1, mps."""
    learning_rate: float = 1e-3
    """Of the default optimizer, AdamW; an optimizer of your own keeps its own."""
    weight_decay: float = 0.01
    """Of the default optimizer."""
    warmup_steps: int = 0
    """Steps in which the learning rate rises from 0 to its value."""
    schedule: Schedule = "constant"
    """What the learning rate does after the warm-up; cosine falls to 0 at the last step."""
    scheduler_every: Every = "epoch"
    """When a scheduler object of your own is stepped."""
    ema: float | None = None
    """Decay of a moving average of the weights, such as 0.999: the average is evaluated, and the model ends with it."""
    clip_norm: float | None = None
    """Gradients are scaled down to this norm where theirs is larger."""
    patience: int | None = None
    """Stop after so many epochs in which `monitor` got no better."""
    monitor: str = "val_loss"
    """The metric that `patience` looks at: lower is better for a loss or an error, higher for others."""
    workers: int = 0
    """Processes that load a Dataset; a DataLoader of your own keeps its own."""
    checkpoint_every_s: float | None = None
    """Seconds between checkpoints; there is one at the end and, with validation data, one of the best epoch, too.
    Left out: none, but every 60 s with `resume`, `background` or a rollback."""
    keep_checkpoints: int = 2
    """Newest checkpoints that are kept; the best one, and those that were asked for, are kept besides."""
    resume: str | None = None
    """auto goes on with the newest unfinished run of this name with the same config, model and data, if there is one;
    a run's id or folder goes on with that one."""
    on_divergence: OnDivergence = "stop"
    """When the loss is NaN or infinite: stop, or go back to the last checkpoint with half the learning rate."""
    background: Background | None = field(default=None, metadata={"alone": "thread"})
    """Return at once and train beside the notebook: in a thread, with the model at hand, which is also what the option
    alone means; or in a process that outlives the kernel. `run.wait()` waits for the end."""
    lr_range_test: bool = False
    """Instead of training: raise the learning rate step by step, show the loss, suggest a rate; weights come back."""
    seed: int = 0
    """Seeds the weights' and dropout's randomness and the order of the data."""
    gate: tuple[str, ...] = ()
    """A condition the run must meet, such as "val_accuracy >= 0.97"; may be given several times."""
    name: str = "train"
    """What the run is called in lists."""
    tags: tuple[str, ...] = ()
    """Words to find the run by; may be given several times."""
    notes: str = ""
    """A sentence about the run."""

    def __post_init__(self) -> None:
        settle(self)
        for expression in self.gate:
            parse_gate(expression)
        for name in ("epochs", "batch_size", "keep_checkpoints"):
            if (value := getattr(self, name)) < 1:
                raise UsageError(f"{name} must be at least 1, got {value}.")
        for name in ("micro_batch", "patience"):
            if isinstance(value := getattr(self, name), int) and value < 1:
                raise UsageError(f"{name} must be at least 1, got {value}. Leave it out to do without.")
        for name in ("warmup_steps", "workers", "weight_decay", "learning_rate"):
            if not (value := getattr(self, name)) >= 0:
                raise UsageError(f"{name} must be 0 or more, got {value}.")
        for name in _ABOVE_0:
            if (value := getattr(self, name)) is not None and not value > 0:
                raise UsageError(f"{name} must be above 0, got {value}. Leave it out to do without.")
        if self.ema is not None and not 0 < self.ema < 1:
            raise UsageError(f"ema must lie between 0 and 1, such as 0.999; got {self.ema}.")
        if isinstance(self.micro_batch, int) and self.micro_batch > self.batch_size:
            raise UsageError(
                f"micro_batch is a part of batch_size ({self.batch_size}), so not above it; got {self.micro_batch}."
            )
        if not -(2**63) <= self.seed < 2**63:
            raise UsageError(f"seed must fit into 64 bits, got {self.seed}.")
        if self.lr_range_test and (unused := [name for name in ("gate", "resume") if getattr(self, name)]):
            raise UsageError(f"lr_range_test trains nothing to keep, so it takes no {unused[0]}. Leave it out.")

    @property
    def checkpoint_interval_s(self) -> float | None:
        """Seconds between checkpoints, also where only another option needs them; None for none."""
        needed = self.resume or self.background or self.on_divergence == "rollback" or this_job()
        return self.checkpoint_every_s or (DEFAULT_CHECKPOINT_EVERY_S if needed else None)
