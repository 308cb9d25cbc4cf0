"""What the tests of the trainer share: digits small enough to train on in a moment."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(autouse=True)
def _records_of_their_own(runs: Path) -> None:
    """Each test's runs lie in its own folder."""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def blobs() -> tuple[Tensor, Tensor]:
    """Two classes that a line parts: 96 points of 4 numbers."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(96, 4, generator=generator)
    return inputs, (inputs.sum(dim=1) > 0).long()


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
