"""Which parameters decay, and which have a learning rate of their own."""

import pytest
import torch
from torch import nn

from ds_notebook.errors import UsageError
from ds_notebook.train.groups import param_groups


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.encoder = nn.ModuleList(nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)) for _ in range(3))
        self.encoder2 = nn.Linear(4, 4)
        self.head = nn.Linear(4, 10)
        self.scale = nn.Parameter(torch.ones(()))


def names_by_group(model: nn.Module, groups: list[dict]) -> list[tuple[float | None, float, list[str]]]:
    """(rate, decay, names) of each group."""
    name_of = {id(weight): name for name, weight in model.named_parameters()}
    return [
        (group.get("lr"), group["weight_decay"], [name_of[id(weight)] for weight in group["params"]])
        for group in groups
    ]


def test_matrices_decay_and_biases_norms_and_scalars_do_not() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.LayerNorm((3, 3)), nn.BatchNorm1d(3))
    model.scale = nn.Parameter(torch.ones(()))

    groups = names_by_group(model, param_groups(model, weight_decay=0.05))

    assert groups == [
        (None, 0.05, ["0.weight"]),
        (None, 0.0, ["scale", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"]),
    ]


def test_a_rate_holds_for_all_beneath_a_name_and_the_longest_name_wins() -> None:
    model = Net()

    groups = names_by_group(
        model, param_groups(model, weight_decay=0.1, learning_rates={"encoder": 1e-4, "encoder.2": 1e-3})
    )

    assert [(rate, decay) for rate, decay, _ in groups] == [
        (None, 0.1), (None, 0.0), (1e-4, 0.1), (1e-4, 0.0), (1e-3, 0.1), (1e-3, 0.0)
    ]  # fmt: skip
    assert groups[2][2] == ["encoder.0.0.weight", "encoder.1.0.weight"]
    assert groups[4][2] == ["encoder.2.0.weight"]
    assert "encoder2.weight" in groups[0][2]


def test_tied_weights_are_listed_once_and_found_by_either_name() -> None:
    model = Net()
    model.head.weight = model.embedding.weight

    groups = param_groups(model, weight_decay=0.1, learning_rates={"head": 0.5})

    listed = [weight for group in groups for weight in group["params"]]
    assert len(listed) == len(set(map(id, listed))) == len(list(model.parameters()))
    assert next(group["lr"] for group in groups if any(w is model.embedding.weight for w in group["params"])) == 0.5


def test_frozen_weights_are_left_out() -> None:
    model = Net()
    model.encoder.requires_grad_(False)

    groups = param_groups(model, weight_decay=0.1)

    assert not [name for *_, names in names_by_group(model, groups) for name in names if name.startswith("encoder.")]


def test_an_optimizer_takes_the_groups_and_gives_its_rate_to_those_without_one() -> None:
    model = Net()

    optimizer = torch.optim.AdamW(param_groups(model, weight_decay=0.05, learning_rates={"head": 0.5}), lr=1e-3)

    assert [group["lr"] for group in optimizer.param_groups] == [1e-3, 1e-3, 0.5, 0.5]


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"No module 'enc' .* Choose of: scale, embedding, encoder, encoder2, head\."):
        param_groups(Net(), weight_decay=0.0, learning_rates={"enc": 1.0})
    with pytest.raises(UsageError, match=r"Choose of: encoder\.0, encoder\.1, encoder\.2\."):
        param_groups(Net(), weight_decay=0.0, learning_rates={"encoder.7": 1.0})


def test_negative_numbers_and_models_without_weights_are_refused() -> None:
    with pytest.raises(UsageError, match="weight_decay must be 0 or more"):
        param_groups(Net(), weight_decay=-1.0)
    with pytest.raises(UsageError, match="rate of 'head' must be 0 or more"):
        param_groups(Net(), weight_decay=0.0, learning_rates={"head": -1.0})
    with pytest.raises(UsageError, match="no weight to train"):
        param_groups(nn.ReLU(), weight_decay=0.0)


def test_lazy_layers_are_asked_for_their_shapes_first() -> None:
    with pytest.raises(UsageError, match="Lazy layers have no shape yet"):
        param_groups(nn.LazyLinear(3), weight_decay=0.1)
