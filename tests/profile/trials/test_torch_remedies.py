"""What the remedies for torch do to what a program constructs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.data import DataLoader

from ds_notebook.profile.observed import Loader, Observed, Optimizer
from ds_notebook.profile.trials.remedies import remedies
from tests.profile.trials.conftest import found_in, profile_with


def applied(code: str, **facts: Any) -> Any:  # a context manager
    return remedies()[code].applied(found_in("x  # HERE", "prog.py", code, **facts))


def test_a_loader_gets_the_workers_of_the_finding_and_keeps_them() -> None:
    with applied("data-wait", num_workers=2):
        loader = DataLoader([1, 2, 3], 2)  # type: ignore[arg-type]  # a list is a dataset, too

    assert (loader.num_workers, loader.persistent_workers, loader.batch_size) == (2, True, 2)
    assert DataLoader([1]).num_workers == 0  # type: ignore[arg-type]


def test_a_loader_that_does_better_alone_gets_no_workers() -> None:
    with applied("loader-workers", num_workers=0):
        loader = DataLoader([1, 2, 3], num_workers=4, prefetch_factor=2)  # type: ignore[arg-type]

    assert loader.num_workers == 0


def test_an_optimizer_is_fused_and_may_be_one_of_the_users_own_kind() -> None:
    class Ours(torch.optim.SGD):
        pass

    parameter = torch.nn.Parameter(torch.ones(3))
    with applied("optimizer-loop", fused=1):
        optimizers = [torch.optim.AdamW([parameter], foreach=False), Ours([parameter], lr=0.1)]

    assert [each.defaults["fused"] for each in optimizers] == [True, True]
    assert torch.optim.AdamW([parameter]).defaults["fused"] is None


def test_products_are_computed_in_bf16() -> None:
    with applied("low-precision"):
        product = torch.ones(2, 2) @ torch.ones(2, 2)

    assert product.dtype is torch.bfloat16


def test_a_loader_makes_larger_batches() -> None:
    with applied("tiny-batches"):
        loader = DataLoader([1, 2, 3], batch_size=2)  # type: ignore[arg-type]

    assert loader.batch_size is not None and loader.batch_size > 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("pin-memory", "it needs a GPU"),
        ("data-wait", "its batches are made by no DataLoader"),
        ("optimizer-loop", "the update is the program's own loop, no optimizer of torch"),
    ],
)
def test_what_cannot_be_tried_says_why(code: str, reason: str) -> None:
    profile = profile_with("x  # HERE", "prog.py")

    assert remedies()[code].objection(found_in("x  # HERE", "prog.py", code), profile) == reason


def test_what_can_be_tried_has_no_objection() -> None:
    seen = Observed(
        loaders=[Loader(num_workers=0)], optimizers=[Optimizer(name="SGD", num_tensors=1, num_parameters=1)]
    )
    profile = profile_with("x  # HERE", "prog.py", seen)

    for code in ("data-wait", "loader-workers", "optimizer-loop", "tiny-batches"):
        assert remedies()[code].objection(found_in("x  # HERE", "prog.py", code, num_workers=2), profile) == ""
