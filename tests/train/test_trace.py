"""A NaN is traced to the module, or to the parameter, that it came from."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ds_notebook.train.trace import first_not_finite


class Log(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs.log()


class Net(nn.Module):
    """`middle` is between an encoder and a head; the encoder's outputs are 8 values a sample."""

    def __init__(self, middle: nn.Module) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.ReLU())
        self.middle = middle
        self.head = nn.Linear(8, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.head(self.middle(self.encoder(inputs)))


INPUTS = torch.randn(16, 4, generator=torch.Generator().manual_seed(0))


def traced(model: nn.Module, *inputs: Any) -> str:
    return first_not_finite(model, lambda: model(*(inputs or (INPUTS,))))


def test_the_first_module_whose_output_is_not_finite_is_named_with_how_much_of_it() -> None:
    model = nn.Sequential(nn.Identity(), nn.Sequential(Log(), nn.Linear(2, 2)))

    assert traced(model, torch.tensor([[1.0, 0.0], [0.0, -1.0]])) == (
        "1.0 (Log): its output held NaN and -inf in 3 of 4 values, its inputs were finite"
    )


def test_a_module_between_others_is_named() -> None:
    torch.manual_seed(0)

    assert traced(Net(Log())).startswith("middle (Log): its output held -inf in ")


def test_what_a_forward_does_between_its_modules_is_its_own() -> None:
    class Divides(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, inputs: Tensor) -> Tensor:
            return self.inner(inputs / 0)

    assert traced(nn.Sequential(Divides()), torch.ones(1, 2)).startswith("0 (Divides): its output held ")
    assert traced(Divides(), torch.ones(1, 2)).startswith("the model (Divides): ")


def test_a_weight_that_holds_nan_is_named() -> None:
    model = Net(nn.Identity())
    with torch.no_grad():
        model.encoder[0].weight[2, 1] = torch.nan

    assert traced(model) == "weight of encoder.0 (Linear) holds NaN"


def test_a_statistic_that_overflowed_is_named() -> None:
    model = Net(nn.Identity())
    model.encoder[1].running_var[0] = torch.inf

    assert traced(model) == "running_var of encoder.1 (BatchNorm1d) holds inf"


def test_a_mask_of_minus_infinity_is_no_cause_but_what_it_does_to_a_row_is() -> None:
    attention = nn.MultiheadAttention(4, 2)
    attention.register_buffer("mask", torch.full((3, 3), -torch.inf).triu(1))
    tokens = torch.randn(3, 1, 4)

    def phrase(mask: Tensor) -> str:
        return first_not_finite(attention, lambda: attention(tokens, tokens, tokens, attn_mask=mask))

    assert phrase(attention.mask) == ""
    assert phrase(torch.full((3, 3), -torch.inf)).endswith("its inputs were finite but for the -inf of a mask")


def test_nothing_is_named_where_the_model_is_not_the_cause() -> None:
    assert traced(Net(nn.Identity())) == ""
    assert traced(Net(nn.Identity()), torch.full((4, 4), torch.nan)) == ""


def test_outputs_may_be_any_tree() -> None:
    class Tree(nn.Module):
        def forward(self, inputs: Tensor) -> Any:
            return {"states": [(inputs, inputs.long())], "loss": inputs.sum() / 0, "name": "tree", "none": None}

    assert traced(Tree(), torch.ones(2, 2)) == (
        "the model (Tree): its output held inf in 1 of 5 values, its inputs were finite"
    )


@pytest.mark.parametrize("breaks", [False, True])
def test_hooks_buffers_and_random_numbers_are_as_before(breaks: bool) -> None:
    model = Net(nn.Identity())
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    torch.manual_seed(3)

    def call() -> None:
        model(INPUTS)
        if breaks:
            raise KeyError("in the middle")

    if breaks:
        with pytest.raises(KeyError):
            first_not_finite(model, call)
    else:
        first_not_finite(model, call)

    assert torch.equal(torch.rand(1), torch.rand(1, generator=torch.Generator().manual_seed(3)))
    assert all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers())
    assert not any(part._forward_hooks or part._forward_hooks_with_kwargs for part in model.modules())
    assert all(weight.grad is None for weight in model.parameters())


def test_a_call_that_fails_over_the_nan_still_names_the_cause() -> None:
    model = Log()

    def call() -> None:
        torch.multinomial(model(torch.tensor([-1.0, -1.0])), 1)

    assert first_not_finite(model, call).startswith("the model (Log): its output held NaN in 2 of 2 values")


class Masked(nn.Module):
    """Masks half of its values out by -inf, and takes a softmax of them."""

    def __init__(self, softmax: nn.Module | None) -> None:
        super().__init__()
        self.mask = Mask()
        self.softmax = softmax

    def forward(self, inputs: Tensor) -> Tensor:
        scores = self.mask(inputs)
        return scores.softmax(dim=-1) if self.softmax is None else self.softmax(scores)


class Mask(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs.masked_fill(torch.arange(inputs.shape[-1]) > 1, -torch.inf)


class Root(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return (inputs - 100).sqrt()


@pytest.mark.parametrize("softmax", [None, nn.Softmax(dim=-1)])
def test_a_mask_is_not_blamed_for_what_comes_after_its_softmax(softmax: nn.Module | None) -> None:
    assert traced(nn.Sequential(Masked(softmax), Root())).startswith("1 (Root): its output held NaN")
    assert traced(nn.Sequential(Masked(softmax), nn.Linear(4, 2))) == ""


def test_a_mask_that_leaves_nothing_is_blamed_for_the_nan_of_its_softmax() -> None:
    class All(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            return torch.full_like(inputs, -torch.inf)

    assert traced(nn.Sequential(All(), nn.Softmax(dim=-1))).startswith("0 (All): its output held -inf")
