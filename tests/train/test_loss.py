"""The loss is found where shapes and types leave no doubt, and asked for where they do not."""

from typing import Any

import pytest
import torch
from torch.nn import functional

from ds_notebook.errors import UsageError
from ds_notebook.train.loss import find_loss

CLASSES = torch.tensor([0, 2, 1])


@pytest.mark.parametrize(
    ("outputs", "targets", "expected"),
    [
        (torch.randn(3, 4), CLASSES, functional.cross_entropy),
        (torch.randn(3, 4, 5), torch.zeros(3, 5, dtype=torch.int64), functional.cross_entropy),
        (
            torch.randn(3, 5, 7),
            torch.zeros(3, 5, dtype=torch.int64),
            lambda o, t: functional.cross_entropy(o.transpose(1, 2), t),
        ),
        (torch.randn(3), torch.randn(3), functional.mse_loss),
        (torch.randn(3, 1), torch.randn(3), lambda o, t: functional.mse_loss(o[:, 0], t)),
        (
            torch.randn(3, 1),
            torch.tensor([True, False, True]),
            lambda o, t: functional.binary_cross_entropy_with_logits(o[:, 0], t.float()),
        ),
    ],
)
def test_the_loss_is_the_one_that_fits(outputs: Any, targets: Any, expected: Any) -> None:
    found = find_loss(outputs, targets)

    torch.testing.assert_close(found.loss_fn(outputs, targets), expected(outputs, targets))


@pytest.mark.parametrize(
    ("outputs", "targets", "sentence"),
    [
        (torch.randn(3, 4), torch.tensor([0.0, 1.0, 0.0]), "do not fit"),
        (torch.randn(3), torch.tensor([0.0, 1.0, 0.0]), "classes or numbers"),
        (torch.randn(3, 4), torch.randn(3, 5), r"Outputs of shape \(3, 4\) do not fit"),
        (torch.randn(3, 4), torch.zeros(2, dtype=torch.int64), "do not fit"),
        ("words", CLASSES, "Pass loss_fn"),
    ],
)
def test_a_doubtful_loss_is_asked_for(outputs: Any, targets: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        find_loss(outputs, targets)
