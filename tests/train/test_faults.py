"""Bad data, dead workers and interrupts end a training with one sentence and a whole record."""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

import ds_notebook as ds
from ds_notebook.errors import DataError, Diverged

Arrays = tuple[Tensor, Tensor]


class Signalling(Dataset[Any]):
    """Sends this process SIGINT when the sample `at` is loaded."""

    def __init__(self, arrays: Arrays, at: set[int]) -> None:
        self.arrays, self.at, self.num_loaded = arrays, at, 0

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, index: int) -> Any:
        if self.num_loaded in self.at:
            os.kill(os.getpid(), signal.SIGINT)
        self.num_loaded += 1
        return self.arrays[0][index], self.arrays[1][index]


def test_nan_in_the_inputs_stops_at_its_step_with_weights_untouched(model: nn.Module, blobs: Arrays) -> None:
    poisoned = (blobs[0].clone(), blobs[1])
    poisoned[0][40, 2] = float("nan")
    batches = [(poisoned[0][i : i + 16], poisoned[1][i : i + 16]) for i in range(0, 96, 16)]
    trainer = ds.Trainer(model, batches)

    with pytest.raises(Diverged, match=r"nan at step 2 \(batch 2 of its epoch\): the inputs hold NaN .* in row 8"):
        trainer.fit()

    assert trainer.run is not None and trainer.run.record.state == "failed"
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_a_loss_that_explodes_on_good_data_says_so(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(Diverged, match="with finite data and outputs, in the loss itself"):
        ds.Trainer(model, blobs, loss_fn=lambda outputs, targets: outputs.sum() * float("inf")).fit()


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_outside_the_classes_is_named(label: int, model: nn.Module, blobs: Arrays) -> None:
    blobs[1][7] = label

    with pytest.raises(ds.UsageError, match=rf"The targets hold label {label}, but the model has 2 classes, 0 to 1"):
        ds.Trainer(model, [blobs]).fit()


def test_an_error_in_the_users_model_keeps_its_own_type_and_ends_the_run(blobs: Arrays) -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, inputs: Tensor) -> Tensor:
            raise KeyError("mine")

    trainer = ds.Trainer(Broken(), [blobs])

    with pytest.raises(KeyError, match="mine"):
        trainer.fit()

    ended = trainer.run.record.ended if trainer.run else None
    assert ended is not None and (ended.status, ended.error) == ("failed", "KeyError: 'mine'")


def test_the_first_interrupt_finishes_the_step_and_returns(model: nn.Module, blobs: Arrays) -> None:
    before = signal.getsignal(signal.SIGINT)
    data = Signalling(blobs, at={40})

    run = ds.Trainer(model, data, blobs, config=ds.TrainConfig(batch_size=16, epochs=5)).fit()

    assert run.record.state == "interrupted"
    assert run.record.columns()["loss"][0] == [0, 1, 2]  # the batch that was being loaded is still trained on
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_interrupt_raises(model: nn.Module, blobs: Arrays) -> None:
    trainer = ds.Trainer(model, Signalling(blobs, at={40, 42}), config=ds.TrainConfig(batch_size=16))

    with pytest.raises(KeyboardInterrupt):
        trainer.fit()

    assert trainer.run is not None and trainer.run.record.state == "interrupted"


def test_an_interrupt_in_the_evaluation_returns_without_half_a_metric(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, blobs, Signalling(blobs, at={40}), config=ds.TrainConfig(batch_size=16, epochs=5)).fit()

    assert run.record.state == "interrupted"
    assert "val_loss" not in run.record.columns()


def test_a_run_in_another_thread_is_not_stopped_by_an_interrupt(model: nn.Module, blobs: Arrays) -> None:
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=ds.Trainer(model, blobs).fit)

    thread.start()
    thread.join()

    assert signal.getsignal(signal.SIGINT) is before
    assert ds.runs()[0].state == "finished"


class KilledWorker(Dataset[Any]):
    """Kills its own loader worker in mid-epoch."""

    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> Any:
        if torch.utils.data.get_worker_info() is not None and index == 40:
            os.kill(os.getpid(), signal.SIGKILL)
        return torch.zeros(4), 0


def test_a_killed_loader_worker_is_said_with_its_place(model: nn.Module) -> None:
    trainer = ds.Trainer(model, KilledWorker(), config=ds.TrainConfig(batch_size=8, workers=1, seed=1))

    with pytest.raises(DataError, match=r"A loader worker died in epoch 1, at step \d.*Memory most often ran out"):
        trainer.fit()

    assert trainer.run is not None and trainer.run.record.state == "failed"


def test_fp16_convolutions_on_a_cpu_are_refused() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3))

    with pytest.raises(ds.UsageError, match="fp16 convolutions on a CPU"):
        ds.Trainer(model, [(torch.zeros(1, 1, 3, 3), torch.zeros(1))], config=ds.TrainConfig(precision="fp16"))


def test_an_optimizer_of_another_model_is_refused(model: nn.Module, blobs: Arrays) -> None:
    stale = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)

    with pytest.raises(ds.UsageError, match="made for another model"):
        ds.Trainer(model, blobs, optimizer=stale)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"precision": "fp61"}, "Precision 'fp61' is not known. Choose auto, fp32, bf16 or fp16."),
        ({"epochs": 0}, "epochs must be at least 1, got 0."),
        ({"micro_batch": 128}, "micro_batch is a part of batch_size"),
        ({"epochs": "5"}, "Epochs '5' is not a whole number."),
        ({"learning_rate": float("nan")}, "learning_rate must be 0 or more, got nan."),
        ({"seed": 2**64}, "seed must fit into 64 bits"),
        ({"gate": ("val_loss <",)}, "Gate 'val_loss <' is wrong at character 10"),
        ({"lr_range_test": True, "gate": "loss < 1"}, "lr_range_test trains nothing to keep, so it takes no gate."),
        ({"device": "cuda:7"}, "Device 'cuda:7' is not on this machine"),
        (
            {"patience": 3, "monitor": "val_auc"},
            "monitor 'val_auc' is not measured; choose one of val_accuracy, val_loss",
        ),
    ],
)
def test_a_wrong_option_is_said_in_a_sentence(
    options: dict[str, Any], sentence: str, model: nn.Module, blobs: Arrays
) -> None:
    with pytest.raises(ds.UsageError, match=sentence):
        ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(**options)).fit()


def test_training_without_torch_names_the_extra() -> None:
    code = "import sys; sys.modules['torch'] = None; import ds_notebook as ds; ds.Trainer"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert 'Training needs an extra: pip install "ds-notebook[train]".' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"loss_fn": "mse"}, "loss_fn is a str; expected a function of"),
        ({"optimizer": "adam"}, "optimizer is a str; expected a torch.optim.Optimizer, or a function"),
        ({"optimizer": torch.optim.LBFGS}, "LBFGS evaluates the model several times a step"),
        ({"scheduler": "cosine"}, "scheduler is a str; expected one of torch.optim.lr_scheduler, or a function"),
        ({"scheduler": torch.optim.lr_scheduler.ReduceLROnPlateau}, "ReduceLROnPlateau waits for val_loss"),
        ({"config": ds.TrainConfig(patience=3)}, "patience looks at what is measured on val_data"),
    ],
)
def test_a_wrong_argument_is_said_in_a_sentence(
    arguments: dict[str, Any], sentence: str, model: nn.Module, blobs: Arrays
) -> None:
    with pytest.raises(ds.UsageError, match=sentence):
        ds.Trainer(model, blobs, **arguments)


def test_a_scheduler_of_another_optimizer_is_refused(model: nn.Module, blobs: Arrays) -> None:
    other = torch.optim.lr_scheduler.StepLR(torch.optim.SGD(model.parameters(), lr=0.1), step_size=1)

    with pytest.raises(ds.UsageError, match="The scheduler was made for another optimizer"):
        ds.Trainer(model, blobs, scheduler=other)


@pytest.mark.parametrize("options", [{}, {"lr_range_test": True}])
def test_inputs_of_a_type_that_the_model_does_not_take_are_said(
    options: dict[str, Any], model: nn.Module, blobs: Arrays
) -> None:
    images = (blobs[0] * 10).to(torch.uint8), blobs[1]

    with pytest.raises(ds.UsageError, match=r"does not take inputs of uint8: .* as in inputs.float\(\)"):
        ds.Trainer(model, images, config=ds.TrainConfig(**options)).fit()


def test_a_label_outside_the_classes_is_named_in_an_evaluation_too(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(ds.UsageError, match="The targets hold label 2, but the model has 2 classes"):
        ds.Trainer(model, blobs, (blobs[0], blobs[1] + 1)).fit()


@pytest.mark.parametrize(
    ("loss_fn", "sentence"),
    [
        (nn.CrossEntropyLoss, r"loss_fn is the class CrossEntropyLoss; expected one of it: CrossEntropyLoss\(\)"),
        (
            nn.CrossEntropyLoss(reduction="none"),
            r"returned a tensor of shape \(96,\); expected one number: take its mean",
        ),
        (lambda outputs, targets: outputs.mean().item(), "loss_fn returned a float; expected a tensor"),
        (lambda outputs, targets: outputs.mean().detach(), "loss_fn returned a number without a gradient"),
    ],
)
def test_what_is_no_loss_is_said_in_a_sentence(loss_fn: Any, sentence: str, model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(ds.UsageError, match=sentence):
        ds.Trainer(model, [blobs], loss_fn=loss_fn).fit()


def test_a_model_in_double_precision_is_not_told_to_take_whole_numbers(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(ds.UsageError, match="Convert them to its weights' type"):
        ds.Trainer(model.double(), blobs).fit()
