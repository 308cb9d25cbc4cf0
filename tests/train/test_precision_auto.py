"""`precision auto` measures on the user's own model, keeps what is faster and learns the same, and leaves no trace."""

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds
from ds_notebook.record.events import Decision
from ds_notebook.train.batch import Parts
from ds_notebook.train.choose_precision import choose_precision
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.precision import Fp16, precision_of
from ds_notebook.train.recipe import Recipe, apply, can_fuse, set_fused
from ds_notebook.train.rng import rng_state
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step

Arrays = tuple[Tensor, Tensor]
CPU = torch.device("cpu")


def state_of(model: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> TrainingState:
    optimizer = optimizer or torch.optim.AdamW(model.parameters(), fused=True)
    return TrainingState(
        model,
        Step(model, optimizer, precision_of("fp32", CPU, model), cross_entropy),
        scheduler=None,
        early_stop=EarlyStop("val_loss", None),
        ema=None,
    )


def points(num_batches: int = 2) -> list[Parts]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(num_batches, 16, 4, generator=generator)
    return [Parts(each, (each.sum(dim=1) > 0).long()) for each in inputs]


def images(num_batches: int = 2) -> list[Parts]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(num_batches, 8, 3, 8, 8, generator=generator)
    return [Parts(each, (each.mean(dim=(1, 2, 3)) > 0).long()) for each in inputs]


def train(state: TrainingState, batches: list[Parts]) -> None:
    for batch in batches:
        state.step.gradients(batch)
        state.step.update()


# -- what is chosen


def compute(seconds: float) -> None:
    end_s = time.thread_time() + seconds
    while time.thread_time() < end_s:
        pass


class Slowed(nn.Module):
    """Takes 3 ms longer where `slow` says so."""

    def __init__(self, layers: nn.Module, slow: Callable[[Tensor], bool]) -> None:
        super().__init__()
        self.layers = layers
        self.slow = slow

    def forward(self, inputs: Tensor) -> Tensor:
        if self.slow(inputs):
            compute(0.003)
        return self.layers(inputs)  # type: ignore[no-any-return]


def in_bf16(_: Tensor) -> bool:
    return torch.is_autocast_enabled("cpu")


def in_fp32(_: Tensor) -> bool:
    return not torch.is_autocast_enabled("cpu")


def as_contiguous(inputs: Tensor) -> bool:
    return inputs.is_contiguous()


def convolutions() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))


def test_bf16_is_kept_where_it_is_faster(model: nn.Module) -> None:
    state = state_of(Slowed(model, in_fp32))

    decision = choose_precision(state, points())

    assert (decision.policy, decision.subject, decision.verdict) == ("precision", "Slowed", "bf16")
    assert state.step.precision.name == "bf16"
    assert decision.evidence["gain"] > 2


def test_fp32_stays_where_bf16_is_slower(model: nn.Module) -> None:
    state = state_of(Slowed(model, in_bf16))

    decision = choose_precision(state, points())

    assert (decision.verdict, state.step.precision.name) == ("fp32", "fp32")
    assert decision.evidence["gain"] == 1


def test_the_reason_holds_both_timings(model: nn.Module) -> None:
    decision = choose_precision(state_of(Slowed(model, in_bf16)), points())

    taken = decision.evidence["step_ms"]
    assert decision.reason == f"fp32: bf16 took {taken['bf16']:.3g} ms a step against {taken['fp32']:.3g} ms."


def test_channels_last_is_kept_where_it_is_faster() -> None:
    model = Slowed(convolutions(), as_contiguous)
    state = state_of(model)

    decision = choose_precision(state, images())

    assert decision.verdict.endswith("channels_last")
    assert state.step.channels_last
    assert model.layers[0].weight.is_contiguous(memory_format=torch.channels_last)  # type: ignore[index]


def test_a_plain_optimizer_is_fused_where_that_is_faster() -> None:
    model = nn.Sequential(*(nn.Linear(4, 4) for _ in range(40)))
    optimizer = torch.optim.AdamW(model.parameters())

    decision = choose_precision(state_of(model, optimizer), points())

    assert decision.verdict == "fp32 + fused"
    assert optimizer.param_groups[0]["fused"]


class WrongInBf16(nn.Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs) * (3 if in_bf16(inputs) else 1)


def test_a_faster_recipe_that_learns_something_else_is_left_out() -> None:
    state = state_of(Slowed(WrongInBf16(4, 2), in_fp32))

    decision = choose_precision(state, points())

    assert decision.verdict == "fp32"
    assert decision.evidence["deviation"]["bf16"] > decision.evidence["tolerance"]
    assert "5 % is allowed" in decision.reason


class OnlyFp32(nn.Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        if in_bf16(inputs):
            raise NotImplementedError("no kernel for bf16")
        return super().forward(inputs)


def test_a_recipe_that_is_not_possible_is_left_out_and_said() -> None:
    decision = choose_precision(state_of(OnlyFp32(4, 2)), points())

    assert decision.reason == "fp32: bf16 is not possible here (NotImplementedError: no kernel for bf16)."


def test_a_loss_that_is_not_finite_leaves_all_as_it_was(model: nn.Module) -> None:
    decision = choose_precision(state_of(model), [Parts(torch.full((4, 4), torch.nan), torch.zeros(4).long())])

    assert decision.reason == "fp32: its loss is not finite, so nothing can be compared with it."


def test_weights_without_a_shape_yet_leave_all_as_it_was() -> None:
    decision = choose_precision(state_of(nn.LazyLinear(2)), points())

    assert decision.reason == "fp32: nothing was tried, as there are weights that get their shape in the first step."


def test_an_error_of_the_model_itself_is_raised(model: nn.Module) -> None:
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        choose_precision(state_of(model), [Parts(torch.randn(4, 5), torch.zeros(4).long())])


def test_the_trials_of_a_slow_model_end_within_two_seconds(model: nn.Module) -> None:
    pass_s, num_passes = 0.12, 0

    class Slower(Slowed):
        def forward(self, inputs: Tensor) -> Tensor:
            nonlocal num_passes
            num_passes += 1
            time.sleep(pass_s)
            return super().forward(inputs)

    choose_precision(state_of(Slower(model, in_fp32)), points(4))

    assert num_passes * pass_s < 2  # by count: the wall clock is the machine's


def test_the_trials_go_round_the_compiler_which_then_is_back(model: nn.Module) -> None:
    def compiled(_: Tensor) -> Tensor:
        raise AssertionError("compiling takes half a minute")

    state = state_of(model)
    state.step.model = compiled

    choose_precision(state, points())

    assert state.step.model is compiled


# -- no trace of it


class Remembering(nn.Module):
    """Keeps what the state_dict does not hold: a counter, a mask made in the first call, a buffer of its own."""

    mask: Tensor | None
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2))
        self.register_buffer("mask", None, persistent=False)
        self.register_buffer("mean", torch.zeros(4), persistent=False)
        self.num_calls = 0

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.layers(inputs)
        self.num_calls += 1
        if self.mask is None:
            self.mask = torch.ones_like(outputs)
        self.mean += inputs.mean(dim=0)
        return outputs * self.mask


MODELS: dict[str, tuple[Callable[[], nn.Module], Callable[[], list[Parts]]]] = {
    "dropout, counters and caches": (Remembering, points),
    "convolutions": (convolutions, images),
    "convolutions in channels_last": (lambda: convolutions().to(memory_format=torch.channels_last), images),  # type: ignore[call-overload]
}
OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "AdamW": torch.optim.AdamW,
    "fused AdamW": lambda weights: torch.optim.AdamW(weights, fused=True),
    "SGD with momentum": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9),
    "Rprop": torch.optim.Rprop,
}


def all_of(state: TrainingState) -> dict[str, Any]:
    """A copy of everything a step may change, with where and how it lies in memory."""
    model, optimizer = state.model, state.step.optimizer
    tensors = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(
        {
            "values": [tensor.detach() for tensor in tensors],
            "gradients": [tensor.grad for tensor in tensors],
            "memory": [(tensor.data_ptr(), tensor.stride()) for tensor in tensors],
            "attributes": [
                {name: value for name, value in vars(module).items() if isinstance(value, bool | int)}
                for module in model.modules()
            ],
            "buffers": [name for name, _ in model.named_buffers()],
            "optimizer": optimizer.state_dict(),
            "strides": [
                value.stride() for of in optimizer.state.values() for value in of.values() if isinstance(value, Tensor)
            ],
            "precision": (state.step.precision.name, state.step.channels_last, state.step.micro_batch),
            "rng": rng_state(CPU),
        }
    )


def same(first: Any, second: Any) -> bool:
    """Bit for bit, through dicts and lists."""
    if isinstance(first, Tensor):
        return isinstance(second, Tensor) and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if hasattr(first, "tolist"):
        return same(first.tolist(), second.tolist())
    return bool(first == second)


def training(kind: str, optimizer: str, *, used: bool = True) -> tuple[TrainingState, list[Parts]]:
    """A training with some steps behind it, and gradients that nobody has cleared."""
    torch.manual_seed(0)
    make, batches = MODELS[kind]
    model = make()
    state = state_of(model, OPTIMIZERS[optimizer](model.parameters()))
    if used:
        train(state, batches())
        state.step.gradients(batches()[0])
    return state, batches()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("used", [True, False])
def test_what_was_tried_is_undone_bit_for_bit(kind: str, optimizer: str, used: bool) -> None:
    state, batches = training(kind, optimizer, used=used)
    before = all_of(state)

    with state.undone():
        for recipe in (Recipe("bf16"), Recipe("fp32", channels_last=True), Recipe("bf16", channels_last=True)):
            apply(recipe, state)
            train(state, batches)
        if can_fuse(state.step.optimizer):
            set_fused(state.step.optimizer, True)
            train(state, batches)

    assert same(all_of(state), before)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_choice_changes_its_recipe_alone(optimizer: str) -> None:
    state, batches = training("dropout, counters and caches", optimizer)
    before = all_of(state)

    choose_precision(state, batches)

    after = all_of(state)
    before["precision"] = after["precision"]
    for group, group_before in zip(
        after["optimizer"]["param_groups"], before["optimizer"]["param_groups"], strict=True
    ):
        group_before["fused"] = group.get("fused")
        group["fused"] = group.get("fused")
    assert same(after, before)


def test_weights_of_a_loss_are_put_back_too(model: nn.Module) -> None:
    margin = nn.Parameter(torch.ones(2))
    state = state_of(model, torch.optim.SGD([*model.parameters(), margin], lr=0.1))
    state.step.loss_fn = lambda outputs, targets: cross_entropy(outputs * margin, targets)

    choose_precision(state, points())

    assert margin.tolist() == [1, 1]


def test_a_batch_taken_in_parts_is_tried_in_parts(model: nn.Module) -> None:
    sizes: set[int] = set()
    state = state_of(Slowed(model, lambda inputs: sizes.add(len(inputs)) or False))  # type: ignore[func-returns-value]
    state.step.micro_batch = 5

    choose_precision(state, points())

    assert (sizes, state.step.micro_batch) == ({4}, 5)  # 16 in four equal parts


def test_an_interrupt_during_a_trial_leaves_no_trace_either() -> None:
    class Interrupted(Remembering):
        def forward(self, inputs: Tensor) -> Tensor:
            outputs = super().forward(inputs)
            if in_bf16(inputs) and self.num_calls == 3:
                raise KeyboardInterrupt
            return outputs

    state = state_of(Interrupted())
    before = all_of(state)

    with pytest.raises(KeyboardInterrupt):
        choose_precision(state, points())

    assert same(all_of(state), before)


def test_a_scaler_interrupted_between_two_calls_goes_on_after_it_was_loaded(model: nn.Module) -> None:
    state = state_of(model)
    apply(Recipe("fp16"), state)
    train(state, points())
    with state.undone():
        state.step.gradients(points()[0])
        state.step.precision.unscale(state.step.optimizer)

    state.step.gradients(points()[0])
    state.step.precision.unscale(state.step.optimizer)
    state.step.update()

    assert isinstance(state.step.precision, Fp16)


# -- in force


def trained_on(recipe: Recipe, *, fused: bool | None) -> Tensor:
    """The weights of a training that takes up `recipe` after its first steps."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 2))
    state = state_of(model, torch.optim.AdamW(model.parameters(), fused=fused))
    train(state, images())
    apply(recipe, state)
    train(state, images())
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def test_a_used_fused_optimizer_goes_on_as_before_in_channels_last() -> None:
    before = trained_on(Recipe("fp32"), fused=True)

    assert torch.allclose(trained_on(Recipe("fp32", channels_last=True), fused=True), before, atol=1e-6)


def test_a_used_optimizer_goes_on_as_before_once_it_is_fused() -> None:
    before = trained_on(Recipe("fp32"), fused=None)

    assert torch.allclose(trained_on(Recipe("fp32", fused=True), fused=None), before, atol=1e-6)


@pytest.mark.parametrize("asked", [{"fused": False}, {"foreach": True}, {"capturable": True}, {"differentiable": True}])
def test_an_optimizer_whose_kernel_was_asked_for_keeps_it(model: nn.Module, asked: dict[str, bool]) -> None:
    assert not can_fuse(torch.optim.AdamW(model.parameters(), **asked))  # type: ignore[arg-type]


# -- in a training


def auto(model: nn.Module, data: Any) -> tuple[ds.Run, Decision]:
    run = ds.Trainer(model, data, config=ds.TrainConfig(precision="auto", batch_size=32)).fit()
    (decision,) = (each for each in run.record.decisions if each.policy == "precision")
    return run, decision


@pytest.mark.parametrize(("slow", "chosen"), [(in_fp32, "bf16"), (in_bf16, "fp32")])
def test_a_training_is_the_one_that_chose_so_from_the_start(
    blobs: Arrays, slow: Callable[[Tensor], bool], chosen: str
) -> None:
    def weights(precision: Any) -> dict[str, Tensor]:
        torch.manual_seed(0)
        layers = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.Linear(8, 2))
        config = ds.TrainConfig(precision=precision, batch_size=16)
        ds.Trainer(model := Slowed(layers, slow), blobs, config=config).fit()
        return model.state_dict()

    assert same(weights("auto"), weights(chosen))


def test_batches_drawn_for_the_trials_are_trained_on(model: nn.Module, blobs: Arrays) -> None:
    def once() -> Iterator[Arrays]:
        yield from zip(blobs[0].split(16), blobs[1].split(16), strict=True)

    run, decision = auto(model, once())

    assert run.record.columns()["loss"][0] == list(range(6))
    assert decision.evidence["batches"] == 4


def test_the_record_says_what_was_chosen_and_why(model: nn.Module, blobs: Arrays) -> None:
    _, decision = auto(model, blobs)

    assert decision.reason.startswith(f"{decision.verdict}: ")
    assert {"step_ms", "deviation", "tolerance", "gain", "trial_s"} <= decision.evidence.keys()


def test_where_memory_does_not_reach_for_the_copy_nothing_is_tried(
    model: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ds_notebook.train.gauge.Gauge.limit", lambda gauge: gauge.used())

    decision = choose_precision(state_of(model), points())

    assert decision.verdict == "fp32"
    assert "memory does not reach for the copy" in decision.reason
