"""`ds demo`: the digits in a few seconds, to see that everything works here."""

from __future__ import annotations

import argparse

from ds_notebook.cli._door import Command, add_json
from ds_notebook.cli._follow import show_result
from ds_notebook.errors import missing_extra


def _run(asked: argparse.Namespace) -> int:
    from ds_notebook.train import TrainConfig, Trainer

    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise missing_extra("The demo", "demo") from None
    import torch
    from torch import nn

    torch.manual_seed(0)
    images, labels = load_digits(return_X_y=True)
    train, held_out = slice(0, 1200), slice(1200, None)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    run = Trainer(
        model,
        (images[train] / 16, labels[train]),
        (images[held_out] / 16, labels[held_out]),
        config=TrainConfig(epochs=30, learning_rate=3e-3, name="demo", gate=("val_accuracy >= 0.9",)),
    ).fit()
    show_result(run, as_json=asked.json)
    return 0


COMMAND = Command(run=_run, add=add_json, example="ds demo")
