"""A training in the background: the call returns, the commands work, and what it raises is raised by `wait`."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import ds_notebook as ds
from ds_notebook.errors import Diverged, GateFailed, UsageError
from ds_notebook.record.commands import Stop, send
from ds_notebook.train.checkpoints import last_good
from ds_notebook.train.device import fitting_threads
from ds_notebook.train.process import start_process

Arrays = tuple[Tensor, Tensor]


@pytest.fixture
def _processes_end() -> Iterator[None]:
    """A process of its own is waited for: after its run has ended it still has torch to unload."""
    yield
    for thread in threading.enumerate():
        if thread.name == "ds-train wait":
            thread.join(30)


def background(model: nn.Module, data: Arrays, **more: object) -> ds.Run:
    config = ds.TrainConfig(batch_size=32, background="thread", **more)  # type: ignore[arg-type]  # any of its options
    return ds.Trainer(model, data, data, config=config).fit()


def test_it_returns_at_once_and_stop_ends_it(model: nn.Module, blobs: Arrays) -> None:
    run = background(model, blobs, epochs=1_000_000)
    assert run.status is None

    send(run.path, Stop())

    assert run.wait(10).status == "stopped"


def test_an_interrupt_is_not_for_it(model: nn.Module, blobs: Arrays) -> None:
    run = background(model, blobs, epochs=1_000_000)

    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    assert run.status is None
    send(run.path, Stop())
    run.wait()


def test_wait_gives_the_finished_run(model: nn.Module, blobs: Arrays) -> None:
    assert background(model, blobs, epochs=2).wait().status == "finished"


def test_wait_raises_what_ended_it(model: nn.Module, blobs: Arrays) -> None:
    blobs[0][3] = float("nan")

    with pytest.raises(Diverged):
        background(model, blobs).wait()


def test_wait_raises_a_failed_gate(model: nn.Module, blobs: Arrays) -> None:
    with pytest.raises(GateFailed):
        background(model, blobs, gate=("val_accuracy > 2",)).wait()


def test_a_second_one_at_once_is_allowed_and_its_cost_said(model: nn.Module, blobs: Arrays) -> None:
    first = background(model, blobs, epochs=1_000_000)

    second = background(nn.Linear(4, 2), blobs).wait()

    assert f"{first.id} trains in this process, too" in second.record.notes[0].text
    send(first.path, Stop())
    first.wait()


def test_a_process_that_leaves_saves_a_checkpoint_first(runs: Path) -> None:
    program = """
        import torch, time, ds_notebook as ds
        data = torch.randn(96, 4), torch.zeros(96).long()
        config = ds.TrainConfig(epochs=1_000_000, background="thread")
        run = ds.Trainer(torch.nn.Linear(4, 2), data, config=config).fit()
        time.sleep(0.5)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, env={**os.environ})

    (record,) = ds.runs()
    good = last_good(record)
    assert record.state == "interrupted"
    assert good is not None and good[1]["step"] == len(record.columns()["loss"][0])


BODY = """
import torch
inputs = torch.randn(96, 4, generator=torch.Generator().manual_seed(0))
train_data = inputs, (inputs.sum(1) > 0).long()
net = torch.nn.Linear(4, 2)
print("from the cell")
"""
NAMES = {"model": "net", "train_data": "train_data"}


@pytest.mark.usefixtures("_processes_end")
def test_a_process_of_its_own_trains_the_cells_model() -> None:
    record = start_process(BODY, NAMES, ds.TrainConfig(epochs=3, background="process"))

    assert record.wait(60).state == "finished"
    model = nn.Linear(4, 2)
    assert ds.load_weights(model, record) == 6
    assert torch.isfinite(model.weight).all()


@pytest.mark.usefixtures("_processes_end")
def test_a_cell_that_needs_earlier_ones_is_refused_with_what_is_missing() -> None:
    with pytest.raises(UsageError, match="name 'earlier' is not defined"):
        start_process("train_data = earlier", NAMES, ds.TrainConfig())


@pytest.mark.usefixtures("_processes_end")
def test_waiting_for_a_process_raises_its_error() -> None:
    with pytest.raises(ds.RecordError, match="failed: Diverged: The loss became nan"):
        start_process(BODY + "inputs[5] = float('nan')", NAMES, ds.TrainConfig()).wait(60)


@pytest.mark.usefixtures("_processes_end")
def test_what_the_cell_of_a_process_prints_is_kept() -> None:
    record = start_process(BODY, NAMES, ds.TrainConfig())
    record.wait(60)

    assert "from the cell" in (record.path / "output.log").read_text()


@pytest.mark.usefixtures("_processes_end")
def test_a_training_that_a_process_cannot_begin_is_refused_with_the_sentence_of_it() -> None:
    body = BODY.replace("torch.nn.Linear(4, 2)", "torch.nn.Conv1d(4, 2, 1)")

    with pytest.raises(UsageError, match=r"^fp16 convolutions on a CPU"):
        start_process(body, NAMES, ds.TrainConfig(precision="fp16"))


@pytest.mark.usefixtures("_processes_end")
def test_a_cell_that_does_not_make_what_is_needed_is_refused_with_its_name() -> None:
    with pytest.raises(UsageError, match=r"^There is no net in the notebook"):
        start_process(BODY.replace("net =", "ten ="), NAMES, ds.TrainConfig())


def test_torchs_threads_are_put_back_once_the_last_training_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = fitting_threads(torch.device("cpu")), fitting_threads(torch.device("cpu"))
    torch.set_num_threads(4)

    one.__enter__()
    other.__enter__()
    torch.set_num_threads(2)
    one.__exit__(None, None, None)
    while_the_other_runs = torch.get_num_threads()
    other.__exit__(None, None, None)

    assert (while_the_other_runs, torch.get_num_threads()) == (2, 4)
