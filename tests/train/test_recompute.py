"""Gradient checkpointing: less memory, the same gradients, and a model that is as before afterwards."""

import copy

import pytest
import torch
from torch import Tensor, nn

from ds_notebook.errors import UsageError
from ds_notebook.train.recompute import recomputing


def block(width: int = 16, norm: type[nn.Module] = nn.LayerNorm) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(0.3), nn.Linear(4 * width, width), norm(width)
    )


class Net(nn.Module):
    def __init__(self, norm: type[nn.Module] = nn.LayerNorm) -> None:
        super().__init__()
        self.stem = nn.Linear(8, 16)
        self.blocks = nn.ModuleList(block(norm=norm) for _ in range(4))

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.stem(inputs)
        for layer in self.blocks:
            hidden = hidden + layer(hidden)
        return hidden


@pytest.fixture
def net() -> Net:
    torch.manual_seed(0)
    return Net()


def gradients(model: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
    """Of a step from the same random numbers, with the last of them, as the next step meets it."""
    torch.manual_seed(1)
    model.zero_grad()
    model(inputs).square().sum().backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters()} | {"next": torch.rand(1)}


def kept_bytes(model: nn.Module, inputs: Tensor) -> int:
    """What a forward pass keeps for the backward pass, weights aside: each memory counted once."""
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(inputs).sum()
    total = sum(kept.values())
    loss.backward()
    return total


def peak_bytes(model: nn.Module, inputs: Tensor) -> int:
    """The most that a step had allocated at one time, from the profiler's memory events."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        model(inputs).sum().backward()
    now = peak = 0
    for event in sorted(profile.profiler.kineto_results.events(), key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            now += event.nbytes()
            peak = max(peak, now)
    return peak


def test_gradients_are_the_same_bit_for_bit_with_dropout(net: Net) -> None:
    inputs = torch.randn(32, 8)
    plain = gradients(net, inputs)

    with recomputing(net):
        again = gradients(net, inputs)

    assert all(torch.equal(plain[name], again[name]) for name in plain)


def test_a_step_needs_less_memory(net: Net) -> None:
    inputs = torch.randn(512, 8)
    plain = kept_bytes(net, inputs), peak_bytes(net, inputs)

    with recomputing(net) as said:
        less = kept_bytes(net, inputs), peak_bytes(net, inputs)

    assert said == "4 blocks (Sequential) are computed again in the backward pass, for less memory."
    assert less[0] < 0.25 * plain[0] and less[1] < 0.6 * plain[1], (plain, less)


def test_the_forwards_are_put_back_after_an_error_too(net: Net) -> None:
    def own_forward(inputs: Tensor) -> Tensor:
        return inputs

    net.blocks[1].forward = own_forward
    before = copy.copy([dict(part.__dict__) for part in net.modules()])

    with pytest.raises(KeyError), recomputing(net):
        assert "forward" in net.blocks[0].__dict__
        raise KeyError

    assert [dict(part.__dict__) for part in net.modules()] == before
    assert net.blocks[1].forward is own_forward


def test_evaluation_is_as_before(net: Net) -> None:
    inputs = torch.randn(4, 8)
    with torch.no_grad(), recomputing(net):
        inside = net.eval()(inputs)

    assert torch.equal(inside, net(inputs))


def test_blocks_with_batch_statistics_are_left_alone() -> None:
    model = nn.Sequential(block(norm=nn.BatchNorm1d), block(), block())
    plain = copy.deepcopy(model)
    inputs = torch.randn(8, 16)
    expected = gradients(plain, inputs)

    with recomputing(model) as said:
        found = gradients(model, inputs)

    assert "1 block is left alone: computed twice, batch statistics would move twice." in said
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert all(torch.equal(a, b) for a, b in zip(plain.buffers(), model.buffers(), strict=True))


def test_a_sequence_that_only_wraps_the_blocks_is_passed_through() -> None:
    model = nn.Sequential(nn.Linear(16, 16), nn.Sequential(block(), block(), block()), nn.Linear(16, 2))

    with recomputing(model) as said:
        wrapped = [name for name, part in model.named_modules() if "forward" in part.__dict__]

    assert wrapped == ["1.0", "1.1", "1.2"] and said.startswith("3 blocks")


def test_torchs_transformer_is_recomputed_to_the_same_gradients() -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
    model = nn.TransformerEncoder(layer, 3)
    inputs = torch.randn(4, 6, 16)
    plain = gradients(model, inputs)

    with recomputing(model) as said:
        again = gradients(model, inputs)

    assert said.startswith("3 blocks (TransformerEncoderLayer) are")
    assert all(torch.equal(plain[name], again[name]) for name in plain)


def test_a_model_without_blocks_is_refused_with_the_reason() -> None:
    with (
        pytest.raises(UsageError, match=r"no nn\.Sequential or nn\.ModuleList of two or more blocks"),
        recomputing(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))),
    ):
        pass
    with (
        pytest.raises(UsageError, match="all 4 blocks hold running batch statistics"),
        recomputing(Net(nn.BatchNorm1d)),
    ):
        pass


def test_a_hugging_face_model_does_it_its_own_way_and_is_put_back() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(n_layer=3, n_head=2, n_embd=16, vocab_size=32, n_positions=16, use_cache=False)
    model = transformers.GPT2LMHeadModel(config).train()
    tokens = torch.randint(32, (4, 16))

    def step() -> tuple[dict[str, Tensor], int]:
        class Loss(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.model = model

            def forward(self, inputs: Tensor) -> Tensor:
                return self.model(input_ids=inputs, labels=inputs).loss

        return gradients(Loss(), tokens), kept_bytes(Loss(), tokens)

    plain, plain_bytes = step()
    with recomputing(model) as said:
        again, fewer_bytes = step()

    assert said.startswith("GPT2LMHeadModel computes its blocks again")
    assert all(torch.equal(plain[name], again[name]) for name in plain) and fewer_bytes < 0.6 * plain_bytes
    assert not any(getattr(part, "gradient_checkpointing", False) for part in model.modules())
    assert not model.get_input_embeddings()._forward_hooks and step()[1] == plain_bytes
