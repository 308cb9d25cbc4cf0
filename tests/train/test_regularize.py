"""Label smoothing and mixup: plain functions that a training takes as its loss and in its loader."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset, default_collate

import ds_notebook as ds
from ds_notebook.errors import UsageError
from ds_notebook.train.regularize import mixup, smoothed_cross_entropy


def test_smoothing_is_torchs_own() -> None:
    outputs, targets = torch.randn(8, 3), torch.randint(3, (8,))

    loss = smoothed_cross_entropy(0.1)(outputs, targets)

    assert loss == functional.cross_entropy(outputs, targets, label_smoothing=0.1)


def test_smoothing_finds_the_classes_along_the_last_axis() -> None:
    outputs, targets = torch.randn(2, 5, 3), torch.randint(3, (2, 5))

    loss = smoothed_cross_entropy(0.1)(outputs, targets)

    torch.testing.assert_close(loss, smoothed_cross_entropy(0.1)(outputs.movedim(-1, 1), targets))


def test_smoothing_takes_soft_targets_of_mixup() -> None:
    loss = smoothed_cross_entropy(0.1)

    soft = functional.one_hot(torch.tensor([0, 2]), 3).float()

    torch.testing.assert_close(loss(torch.eye(2, 3), soft), loss(torch.eye(2, 3), torch.tensor([0, 2])))


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_smoothing_is_a_share(smoothing: float) -> None:
    with pytest.raises(UsageError, match="share of at least 0 and below 1"):
        smoothed_cross_entropy(smoothing)


def test_mixup_mixes_inputs_and_targets_in_one_proportion() -> None:
    inputs, targets = torch.eye(6), torch.arange(6)

    mixed, soft = mixup(inputs, targets, alpha=0.4, num_classes=6)

    torch.testing.assert_close(mixed, soft)  # a sample's input is its own class here
    torch.testing.assert_close(soft.sum(dim=1), torch.ones(6))


def test_mixup_draws_from_beta() -> None:
    generator = torch.Generator().manual_seed(0)
    pair, targets = torch.tensor([[0.0], [1.0]]), torch.tensor([0, 1])
    firsts = [mixup(pair, targets, alpha=0.5, num_classes=2, generator=generator)[0][1].item() for _ in range(4000)]

    proportions = torch.tensor([value for value in firsts if value != 1.0])  # 1.0: mixed with itself

    # Beta(0.5, 0.5) has a mean of 1/2 and a variance of 1/8
    assert abs(proportions.mean() - 0.5) < 0.03 and abs(proportions.var() - 0.125) < 0.01


def test_mixup_repeats_itself_from_the_same_seed() -> None:
    inputs, targets = torch.randn(16, 4), torch.randint(3, (16,))

    def mixed(seed: int) -> Tensor:
        return mixup(inputs, targets, alpha=1.0, num_classes=3, generator=torch.Generator().manual_seed(seed))[0]

    assert torch.equal(mixed(1), mixed(1)) and not torch.equal(mixed(1), mixed(2))


def test_soft_targets_of_images_have_their_classes_along_axis_1() -> None:
    mixed, soft = mixup(torch.rand(4, 3, 8, 8), torch.randint(5, (4, 8, 8)), alpha=0.2, num_classes=5)

    assert mixed.shape == (4, 3, 8, 8) and soft.shape == (4, 5, 8, 8)


def test_mixup_says_what_it_cannot_mix() -> None:
    reals, classes = torch.rand(2, 3), torch.tensor([0, 7])

    with pytest.raises(UsageError, match="label 7, but num_classes is 3, so labels go from 0 to 2"):
        mixup(reals, classes, alpha=0.2, num_classes=3)
    with pytest.raises(UsageError, match=r"inputs that are reals, got torch.uint8. Scale them first"):
        mixup(reals.byte(), classes, alpha=0.2, num_classes=8)
    with pytest.raises(UsageError, match="targets that are class numbers"):
        mixup(reals, reals, alpha=0.2, num_classes=3)


def test_a_training_with_mixup_in_its_loader_is_measured_on_hard_targets(
    model: nn.Module, blobs: tuple[Tensor, Tensor]
) -> None:
    def collate(samples: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        inputs, targets = default_collate(samples)
        return mixup(inputs, targets, alpha=0.2, num_classes=2)

    run = ds.Trainer(
        model,
        DataLoader(TensorDataset(*blobs), batch_size=16, shuffle=True, collate_fn=collate),
        blobs,
        loss_fn=functional.cross_entropy,
        config=ds.TrainConfig(epochs=20, learning_rate=0.02),
    ).fit()

    run.gate("val_accuracy > 0.9")


def test_a_training_takes_the_smoothed_loss(model: nn.Module, blobs: tuple[Tensor, Tensor]) -> None:
    config = ds.TrainConfig(epochs=15, learning_rate=0.02, batch_size=16)

    run = ds.Trainer(model, blobs, blobs, loss_fn=smoothed_cross_entropy(0.1), config=config).fit()

    run.gate("val_accuracy > 0.9", "val_loss > 0.19")  # the least that smoothed targets allow is 0.1985


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.nan, math.inf])
def test_an_alpha_that_mixes_nothing_is_refused(alpha: float) -> None:
    with pytest.raises(UsageError, match="alpha must be above 0 and finite"):
        mixup(torch.zeros(2, 3), torch.zeros(2).long(), alpha=alpha, num_classes=2)


def test_inputs_and_targets_of_different_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="got 3 rows and 2 rows"):
        mixup(torch.zeros(3, 3), torch.zeros(2).long(), alpha=0.2, num_classes=2)
