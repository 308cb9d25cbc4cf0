"""What other trainers cost per step: each trains the same model on the same batches, timed against a loop by hand.

Every peer is a function of (make, batches, clock). `make` gives a fresh model and its `torch.optim.AdamW(lr=1e-3)`
with `foreach` and `fused` left at their defaults (on a CPU: a plain loop over the parameters); `batches` are ready-made
pairs; the peer hands `clock(batches)` to whatever iterates. Each is set up as its users run it, bar and loss logging
on, without what would be other work: validation, gradient clipping, saving in mid-run. Batches are handed over as they
are; no peer is charged for a DataLoader unless it takes nothing else.

    python benchmarks/peers.py            # every peer alternating with the raw loop, a table of ratios
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import logging
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, IterableDataset

Batch = tuple[Tensor, Tensor]
Make = Callable[[], tuple[nn.Module, torch.optim.Optimizer]]


# -- what is trained


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """One workload: an MLP on scikit-learn's digits (64 inputs, 10 classes)."""

    name: str
    hidden: tuple[int, ...]
    batch_size: int
    num_steps: int


SMALL = Size(name="0.5 ms", hidden=(128,), batch_size=128, num_steps=1500)
MEDIUM = Size(name="1.5 ms", hidden=(256, 256), batch_size=160, num_steps=900)


def workload(size: Size, num_steps: int | None = None) -> tuple[Make, list[Batch]]:
    """A maker of equal models with their optimizers, and `num_steps` ready batches. Sets torch to one thread."""
    torch.set_num_threads(1)
    inputs, targets = _digits()
    generator = torch.Generator().manual_seed(0)
    steps = num_steps or size.num_steps
    batches = []
    for _ in range(steps):
        chosen = torch.randint(len(inputs), (size.batch_size,), generator=generator)
        batches.append((inputs[chosen], targets[chosen]))

    def make() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        widths = (64, *size.hidden)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        model = nn.Sequential(*layers, nn.Linear(widths[-1], 10))
        return model, torch.optim.AdamW(model.parameters(), lr=1e-3)

    return make, batches


@cache
def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)


# -- how it is timed


class StepClock:
    """Process CPU time per step, the first tenth of the steps left out.

    Called with the batches it gives an iterable of them that notes `time.process_time` when the batch after the first
    tenth is fetched and when the last one is. It is CPU time of the whole process: a bar's own thread counts, a
    neighbour's load does not.
    """

    def __init__(self) -> None:
        self._began_s = self._ended_s = 0.0
        self._steps = 0

    def __call__(self, batches: Sequence[Any]) -> Watched:
        return Watched(batches, self)

    @property
    def cpu_per_step_s(self) -> float:
        assert self._steps > 0, "the batches were not iterated to their end"
        return (self._ended_s - self._began_s) / self._steps

    def iterate(self, batches: Sequence[Any]) -> Iterator[Any]:
        assert self._steps == 0, "the batches were iterated twice"
        first, last = len(batches) // 10, len(batches) - 1
        for index, batch in enumerate(batches):
            if index == first:
                self._began_s = time.process_time()
            elif index == last:
                self._ended_s = time.process_time()
                self._steps = last - first
            yield batch


class Watched(IterableDataset):  # type: ignore[type-arg]  # an IterableDataset so that a DataLoader takes it, too
    """The batches in their order, under a clock."""

    def __init__(self, batches: Sequence[Any], clock: StepClock) -> None:
        self._batches = batches
        self._clock = clock

    def __iter__(self) -> Iterator[Any]:
        return self._clock.iterate(self._batches)

    def __len__(self) -> int:
        return len(self._batches)


class _Terminal(io.TextIOWrapper):
    """A terminal nobody looks at: a bar that writes to it is rendered in full, and the bytes go nowhere."""

    def isatty(self) -> bool:
        return True


@cache
def _terminal() -> _Terminal:
    # One for the process, never closed: log handlers keep the stream that they first saw.
    return _Terminal(open(os.devnull, "wb", buffering=0), write_through=True)


@contextlib.contextmanager
def in_a_terminal() -> Iterator[None]:
    """Output and warnings of the peers go to a terminal of 100 columns that nobody looks at."""
    os.environ.update(COLUMNS="100", LINES="30", TERM="xterm-256color", TQDM_DISABLE="")
    with contextlib.redirect_stdout(_terminal()), contextlib.redirect_stderr(_terminal()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# -- the loop by hand, and the peers


def raw(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """The hand-written loop that everything is measured against: it shows and keeps nothing."""
    model, optimizer = make()
    for inputs, targets in clock(batches):
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return model


def raw_dataloader(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """The raw loop behind a DataLoader of ready batches: the share of Accelerate's row that is not Accelerate's."""
    model, optimizer = make()
    for inputs, targets in DataLoader(clock(batches), batch_size=None):
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return model


def tqdm_plain(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """A bar and no loss."""
    from tqdm import tqdm

    model, optimizer = make()
    for inputs, targets in tqdm(clock(batches)):
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return model


def tqdm_postfix(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """A bar that shows the loss of every step."""
    from tqdm import tqdm

    model, optimizer = make()
    bar = tqdm(clock(batches))
    for inputs, targets in bar:
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        bar.set_postfix(loss=loss.item())
    return model


def fabric(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """Lightning Fabric with a tqdm bar."""
    from lightning.fabric import Fabric
    from tqdm import tqdm

    fabric = Fabric(accelerator="cpu", devices=1)
    plain, plain_optimizer = make()
    model, optimizer = fabric.setup(plain, plain_optimizer)
    for inputs, targets in tqdm(clock(batches)):
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        fabric.backward(loss)
        optimizer.step()
    return plain


def accelerate(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """Hugging Face Accelerate with a tqdm bar; the loader is a DataLoader, as `prepare` takes nothing else."""
    from accelerate import Accelerator
    from tqdm import tqdm

    accelerator = Accelerator(cpu=True)
    plain, plain_optimizer = make()
    model, optimizer, loader = accelerator.prepare(plain, plain_optimizer, DataLoader(clock(batches), batch_size=None))
    for inputs, targets in tqdm(loader):
        optimizer.zero_grad()
        loss = cross_entropy(model(inputs), targets)
        accelerator.backward(loss)
        optimizer.step()
    return plain


def skorch(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """skorch with its progress bar and its table of epochs, training split off."""
    from skorch import NeuralNet
    from skorch.callbacks import ProgressBar

    model, optimizer = make()

    class OnReadyBatches(NeuralNet):  # type: ignore[misc]  # skorch has no types
        def get_iterator(self, dataset: Any, training: bool = False) -> Any:  # skorch's own signature
            return dataset

    net = OnReadyBatches(
        model,
        criterion=nn.CrossEntropyLoss,
        optimizer=lambda _params, lr: optimizer,
        max_epochs=1,
        train_split=None,
        callbacks=[("bar", ProgressBar(batches_per_epoch=len(batches)))],
    )
    net.fit(clock(batches), None)
    return model


def ignite(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """Ignite's supervised trainer with its bar and a running average of the loss."""
    from ignite.engine import create_supervised_trainer
    from ignite.handlers import ProgressBar
    from ignite.metrics import RunningAverage

    model, optimizer = make()
    trainer = create_supervised_trainer(model, optimizer, cross_entropy)
    RunningAverage(output_transform=float).attach(trainer, "loss")
    ProgressBar().attach(trainer, ["loss"])
    trainer.run(clock(batches), max_epochs=1)
    return model


def fastai(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """fastai's Learner as it comes: recorder, bar, running loss. Its vision part, and so torchvision, is not loaded."""
    import fastai.callback.progress  # noqa: F401 - makes the bar a default, as fastai's own `all` modules do
    from fastai.basics import DataLoaders, Learner, OptimWrapper

    model, optimizer = make()
    learner = Learner(
        DataLoaders(clock(batches), []),
        model,
        loss_func=cross_entropy,
        opt_func=lambda _params, **_: OptimWrapper(opt=optimizer),
    )
    learner.fit(1, lr=1e-3)
    return model


def hf_trainer(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """The Hugging Face Trainer, logging every 50 steps, constant rate, no clipping (its default clips to 1.0)."""
    from transformers import Trainer, TrainingArguments

    model, optimizer = make()

    class WithLoss(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, inputs: Tensor, labels: Tensor) -> dict[str, Tensor]:
            logits = self.model(inputs)
            return {"loss": cross_entropy(logits, labels), "logits": logits}

    class OnReadyBatches(Trainer):  # type: ignore[misc]  # untyped where transformers is missing
        def get_train_dataloader(self) -> Any:  # the Trainer's own signature
            return clock([{"inputs": inputs, "labels": labels} for inputs, labels in batches])

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=1,
            per_device_train_batch_size=len(batches[0][0]),
            logging_steps=50,
            lr_scheduler_type="constant",
            max_grad_norm=0.0,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
        )
        constant = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)
        OnReadyBatches(WithLoss(), arguments, optimizers=(optimizer, constant)).train()
    return model


def lightning_default(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """Lightning with its defaults (bar, CSV logger) and the loss logged to the bar.

    The tqdm bar, which is what an environment with Lightning alone gets; here other peers brought rich along.
    """
    from lightning.pytorch.callbacks import TQDMProgressBar

    return _lightning(make, batches, clock, callbacks=[TQDMProgressBar()])


def lightning_rich(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """Lightning with its defaults where rich is installed, which it then draws the bar with."""
    from lightning.pytorch.callbacks import RichProgressBar

    return _lightning(make, batches, clock, callbacks=[RichProgressBar()])


def lightning_bare(make: Make, batches: list[Batch], clock: StepClock) -> nn.Module:
    """Lightning with bar and logger off."""
    return _lightning(make, batches, clock, enable_progress_bar=False, logger=False)


def _lightning(make: Make, batches: list[Batch], clock: StepClock, **options: Any) -> nn.Module:
    import lightning

    model, optimizer = make()

    class Module(lightning.LightningModule):  # type: ignore[misc]  # untyped where lightning is missing
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def training_step(self, batch: Batch) -> Tensor:
            inputs, targets = batch
            loss = cross_entropy(self.model(inputs), targets)
            self.log("train_loss", loss, prog_bar=True)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return optimizer

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(max_epochs=1, accelerator="cpu", devices=1, default_root_dir=folder, **options)
        trainer.fit(Module(), clock(batches))
    return model


Peer = Callable[[Make, list[Batch], StepClock], nn.Module]

PEERS: dict[str, Peer] = {
    "DataLoader, no trainer": raw_dataloader,
    "tqdm": tqdm_plain,
    "tqdm, set_postfix each step": tqdm_postfix,
    "Fabric + tqdm": fabric,
    "skorch, bar": skorch,
    "Accelerate + tqdm": accelerate,
    "ignite, bar and running loss": ignite,
    "fastai": fastai,
    "HF Trainer, log every 50": hf_trainer,
    "Lightning, no bar, no logger": lightning_bare,
    "Lightning, defaults": lightning_default,
    "Lightning, defaults with rich": lightning_rich,
}


# -- side by side


class Row(NamedTuple):
    """One peer beside the raw loop: medians over the rounds, or the reason why there is none."""

    name: str
    ratio: float = 0.0
    low: float = 0.0
    high: float = 0.0
    extra_us: float = 0.0
    same_weights: bool = False
    why_not: str = ""


def cpu_per_step(peer: Peer, make: Make, batches: list[Batch]) -> tuple[float, nn.Module]:
    """CPU seconds per step of one run of `peer`, and the model that it trained."""
    clock = StepClock()
    # What other peers have loaded is put out of the collector's sight, or each would pay for the heap of all.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    with in_a_terminal():
        model = peer(make, batches, clock)
    return clock.cpu_per_step_s, model


def why_not(peer: Peer, make: Make, batches: list[Batch]) -> str:
    """Empty where `peer` trains in this environment, else one line with the reason. Also warms it up."""
    try:
        cpu_per_step(peer, make, batches[:40])
    except ImportError as error:
        return (
            f"not installed ({error.name})" if isinstance(error, ModuleNotFoundError) else f"does not import: {error}"
        )
    except Exception as error:  # a peer that breaks is a row of the table, never the end of it
        return f"fails here: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return ""


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    """Whether all parameters and buffers are equal bit for bit."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(left, right) for left, right in pairs)


def compare(name: str, peer: Peer, make: Make, batches: list[Batch], rounds: int) -> Row:
    """`peer` and the raw loop in turn, `rounds` times."""
    reason = why_not(peer, make, batches)
    if reason:
        return Row(name, why_not=reason)
    ratios, extras, same = [], [], True
    for round_ in range(rounds):
        # Who goes first changes from round to round, so a drift of the machine cancels.
        if round_ % 2:
            (its_s, trained), (raw_s, by_hand) = (cpu_per_step(each, make, batches) for each in (peer, raw))
        else:
            (raw_s, by_hand), (its_s, trained) = (cpu_per_step(each, make, batches) for each in (raw, peer))
        ratios.append(its_s / raw_s)
        extras.append((its_s - raw_s) * 1e6)
        same = same and same_weights(trained, by_hand)
    return Row(name, statistics.median(ratios), min(ratios), max(ratios), statistics.median(extras), same)


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = ["| trainer | ratio | range | extra per step | weights as the raw loop's |", "|---|---|---|---|---|"]
    for row in rows:
        if row.why_not:
            lines.append(f"| {row.name} | - | - | - | {row.why_not} |")
        else:
            same = "bit for bit" if row.same_weights else "no"
            span = f"{row.low:.2f}-{row.high:.2f}"
            lines.append(f"| {row.name} | {row.ratio:.3f} | {span} | {row.extra_us:.0f} us | {same} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="What other trainers cost per step, beside a hand-written loop.")
    parser.add_argument("--rounds", type=int, default=3, help="alternating pairs a peer (default: 3)")
    parser.add_argument("--only", default="", help="peers whose name contains this word")
    asked = parser.parse_args(arguments)
    for size in (SMALL, MEDIUM):
        make, batches = workload(size)
        cpu_per_step(raw, make, batches)
        raw_s = statistics.median(cpu_per_step(raw, make, batches)[0] for _ in range(3))
        what = f"MLP {size.hidden}, batch {size.batch_size}, {size.num_steps} steps"
        print(f"\n{what}: the raw loop takes {raw_s * 1e3:.2f} ms of CPU a step\n")
        peers = {"raw (control)": raw, **PEERS}
        rows = []
        for name, peer in peers.items():
            if asked.only.lower() in name.lower():
                rows.append(compare(name, peer, make, batches, asked.rounds))
                print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        print(table(rows), flush=True)


if __name__ == "__main__":
    main()
