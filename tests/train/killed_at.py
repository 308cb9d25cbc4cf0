"""Trainings that are killed at a moment of their life, not at an instant by the clock, and then gone on with."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tests.train.killed_trainer import Augmented, life, start

NUM_SAMPLES = len(Augmented())


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_the_second_evaluation() -> None:
    """Of samples too: half of it is measured."""
    measured = 0

    def after_forward(module: nn.Module, inputs: Any, outputs: Any) -> None:
        nonlocal measured
        measured += len(outputs) if isinstance(module, nn.Sequential) and not module.training else 0
        if measured > 1.5 * NUM_SAMPLES:
            die()

    nn.modules.module.register_module_forward_hook(after_forward)


def before_the_second_checkpoint_has_its_name() -> None:
    renamed = 0

    def at(event: str, arguments: Any) -> None:
        nonlocal renamed
        if event == "os.rename" and str(arguments[1]).endswith(".safetensors"):
            renamed += 1
            if renamed == 2:
                die()

    sys.addaudithook(at)


def between_the_second_checkpoints_name_and_its_event() -> None:
    renamed = 0

    def at(event: str, arguments: Any) -> None:
        nonlocal renamed
        if renamed == 2 and event == "open":  # of the folder, to make the name durable
            die()
        renamed += event == "os.rename" and str(arguments[1]).endswith(".safetensors")

    sys.addaudithook(at)


MOMENTS: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        in_the_second_evaluation,
        before_the_second_checkpoint_has_its_name,
        between_the_second_checkpoints_name_and_its_event,
    )
}


def main(runs: str) -> None:
    """Print, for each moment, what differs from the training that was not killed, and what the resumed one said."""
    torch.set_num_threads(1)
    wanted = json.loads((life(Path(runs) / "whole", 0) / "result").read_text())
    for name, moment in MOMENTS.items():
        folder = Path(runs) / name
        _, status = os.waitpid(start(folder, 0, moment), 0)
        assert os.WIFSIGNALED(status), f"{name} was not reached"
        life(folder, 0)
        result = json.loads((folder / "result").read_text())
        print(json.dumps({"moment": name, "differs": [each for each in wanted if result[each] != wanted[each]]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
