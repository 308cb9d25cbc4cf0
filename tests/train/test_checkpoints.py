"""Checkpoints: written behind the loop, counted only once they are whole, and no burden where there is no room."""

import contextlib
import os
import signal
from pathlib import Path

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load
from torch import Tensor, nn

import ds_notebook as ds
from ds_notebook.errors import RecordError, UsageError
from ds_notebook.record.commands import Save, send
from ds_notebook.train.checkpoint_file import Snapshot, read_checkpoint
from ds_notebook.train.checkpoints import checkpoints_of, last_good

Arrays = tuple[Tensor, Tensor]


def stored(tree: object) -> bytes:
    return b"".join(Snapshot().take(tree))


def test_a_state_comes_back_as_it_was() -> None:
    shared = torch.arange(3.0)
    tree = {
        "weights": [shared, shared, torch.zeros(0), torch.tensor(2, dtype=torch.int64), torch.ones(2, 2).bfloat16()],
        "mixed": (True, None, 1.5, float("inf"), "text", numpy.arange(3, dtype=numpy.uint32)),
        "numbers as names": {0: "a", 1: {"$tensor": "not one"}},
    }

    back = read_checkpoint(stored(tree))

    assert back["mixed"][:5] == tree["mixed"][:5] and back["mixed"][5].tolist() == [0, 1, 2]
    assert back["numbers as names"] == tree["numbers as names"]
    assert all(
        torch.equal(*pair) and pair[0].dtype == pair[1].dtype
        for pair in zip(tree["weights"], back["weights"], strict=True)
    )


def test_any_safetensors_reader_opens_it() -> None:
    weights = nn.Linear(3, 2).to(torch.float64).state_dict()

    opened = load(stored({"model": dict(weights), "half": torch.ones(3, dtype=torch.float16)}))

    assert torch.equal(opened["model/weight"], weights["weight"])


def test_what_a_file_cannot_hold_is_named_with_its_place() -> None:
    with pytest.raises(UsageError, match="The state scheduler/fn is a function"):
        stored({"scheduler": {"fn": stored}})


@given(st.binary(max_size=300))
def test_garbage_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(RecordError, match="no checkpoint"):
        read_checkpoint(content)


@given(position=st.integers(0, 400), value=st.integers(0, 255))
def test_a_damaged_file_is_opened_or_refused_and_never_worse(position: int, value: int) -> None:
    content = bytearray(stored({"a": torch.ones(3), "b": (1, {2: "x"})}))
    content[position % len(content)] = value

    with contextlib.suppress(RecordError):
        read_checkpoint(bytes(content))


def test_without_room_the_training_goes_on_and_the_one_before_stays(
    model: nn.Module, blobs: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_fsync, num_files = os.fsync, 0

    def full(file: int) -> None:  # stands in for a disk that fills up in mid-training
        nonlocal num_files
        if ".part" in os.readlink(f"/proc/self/fd/{file}"):
            num_files += 1
            if num_files > 1:
                raise OSError(28, "No space left on device")
        real_fsync(file)

    monkeypatch.setattr(os, "fsync", full)
    run = ds.Trainer(model, blobs, blobs, config=ds.TrainConfig(epochs=3, checkpoint_every_s=100)).fit()

    assert run.status == "finished"
    assert any("could not be saved: No space left on device" in note.text for note in run.record.notes)
    assert last_good(run.record) is not None
    assert not list(run.path.glob("blobs/.*"))


def test_an_interrupt_while_a_checkpoint_is_written_leaves_it_whole(model: nn.Module, blobs: Arrays) -> None:
    class Interrupting(nn.Sequential):
        def forward(self, inputs: Tensor) -> Tensor:
            if any(ds.runs()[0].path.glob("blobs/.checkpoint*")):
                os.kill(os.getpid(), signal.SIGINT)
            return super().forward(inputs)  # type: ignore[no-any-return]

    big = Interrupting(*model, nn.Linear(2, 2))
    big.register_buffer("ballast", torch.zeros(4_000_000))
    config = ds.TrainConfig(epochs=2000, batch_size=32, checkpoint_every_s=1e-6)
    run = ds.Trainer(big, blobs, config=config).fit()

    assert run.status == "interrupted"
    good = last_good(run.record)
    assert good is not None and good[2] == []
    assert good[1]["step"] == len(run.record.columns()["loss"][0])


def test_save_keeps_its_file_whatever_comes_after(model: nn.Module, blobs: Arrays) -> None:
    class Asking(nn.Sequential):
        asked = False

        def forward(self, inputs: Tensor) -> Tensor:
            if not self.asked:
                self.asked = True
                send(ds.runs()[0].path, Save())
            return super().forward(inputs)  # type: ignore[no-any-return]

    config = ds.TrainConfig(epochs=300, batch_size=32, checkpoint_every_s=1e-6, keep_checkpoints=1)
    run = ds.Trainer(Asking(*model), blobs, config=config).fit()

    steps = [artifact.step for artifact in checkpoints_of(run.record)]
    assert len(steps) == 2 and steps[0] == 900


def test_the_file_of_a_killed_writer_is_cleared_by_the_next_producer(model: nn.Module, blobs: Arrays) -> None:
    run = ds.Trainer(model, blobs, config=ds.TrainConfig(checkpoint_every_s=100)).fit()
    left = Path(run.path, "blobs", ".checkpoint-7-aa.safetensors.0123.part")
    left.write_bytes(b"half")

    ds.Trainer(model, blobs, config=ds.TrainConfig(epochs=2, resume=run.id)).fit()

    assert not left.exists()


def test_complex_weights_come_back_as_they_were() -> None:
    turns = torch.polar(torch.ones(3), torch.arange(3.0))

    back = read_checkpoint(stored({"turns": turns, "conjugated": turns.conj()}))

    assert torch.equal(back["turns"], turns) and torch.equal(back["conjugated"], turns.conj().resolve_conj())


class NotHeld(nn.Linear):
    """Has a buffer that no checkpoint holds."""

    def __init__(self) -> None:
        super().__init__(4, 2)
        self.register_buffer("table", torch.eye(3).to_sparse())


def test_a_state_that_no_checkpoint_holds_is_refused_before_the_first_step(blobs: Arrays) -> None:
    trainer = ds.Trainer(NotHeld(), blobs, config=ds.TrainConfig(checkpoint_every_s=60))

    with pytest.raises(UsageError, match=r"The state model/table is a torch.float32 tensor \(torch.sparse_coo\)"):
        trainer.fit()

    assert trainer.run is not None and "loss" not in trainer.run.record.columns()


def test_names_that_look_alike_keep_their_tensors_apart() -> None:
    zeros, ones = torch.zeros(2), torch.ones(2)

    back = read_checkpoint(stored({"a/b": zeros, "a": {"b": ones}, "1": zeros + 2, 1: ones + 2}))

    assert [each.tolist() for each in (back["a/b"], back["a"]["b"], back["1"], back[1])] == [
        [0.0, 0.0],
        [1.0, 1.0],
        [2.0, 2.0],
        [3.0, 3.0],
    ]
