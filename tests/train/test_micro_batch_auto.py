"""`micro_batch="auto"`: chosen by what fits and is fast, the same learning, and a step that runs out of memory."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import ds_notebook as ds
from ds_notebook.record.events import Decision
from ds_notebook.train.batch import Parts
from ds_notebook.train.early_stop import EarlyStop
from ds_notebook.train.fit_micro_batch import (
    NOISE_BYTES,
    SETTLING,
    Tried,
    candidates,
    fastest,
    fit_micro_batch,
    predicted_peak,
)
from ds_notebook.train.fitting_step import FittingStep
from ds_notebook.train.precision import precision_of
from ds_notebook.train.state import TrainingState
from ds_notebook.train.step import Step
from tests.record.python import ROOT

MB = 1 << 20


def state_of(model: nn.Module, said: Callable[[Decision], None] | None = None) -> TrainingState:
    """A training of `model` about to begin."""
    of: Any = model, torch.optim.AdamW(model.parameters()), precision_of("fp32", torch.device("cpu"), model)
    step = Step(*of, cross_entropy) if said is None else FittingStep(*of, cross_entropy, said=said)
    return TrainingState(model, step, None, EarlyStop("val_loss", None), None)


def images(number: int) -> Parts:
    return Parts(torch.randn(number, 3, 8, 8), torch.arange(number) % 2)


def network(*, statistics: bool = False) -> nn.Module:
    """Convolution, batch statistics if wanted, dropout, two classes."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 32, 3, padding=1), *[nn.BatchNorm2d(32)] * statistics, nn.ReLU(), nn.Dropout(0.5)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 2))


# -- what follows from the sizes tried


def test_candidates_go_from_one_sample_to_the_whole_batch() -> None:
    assert candidates(100, statistics=False) == [1, 2, 4, 7, 13, 25, 50, 100]


def test_with_batch_statistics_no_candidate_leaves_one_sample_alone() -> None:
    assert candidates(65, statistics=True) == [3, 5, 9, 17, 33, 65]


def test_a_peak_is_foreseen_above_the_line_through_those_that_were_seen() -> None:
    points = [(8, 140 * MB), (16, 180 * MB), (32, 260 * MB)]

    predicted = predicted_peak(points, floor_bytes=100 * MB, size=64)

    assert predicted == pytest.approx((100 + SETTLING * 320) * MB + NOISE_BYTES)


def test_a_peak_that_bends_up_is_followed_from_its_last_point() -> None:
    points = [(8, 110 * MB), (16, 110 * MB), (32, 200 * MB)]

    predicted = predicted_peak(points, floor_bytes=100 * MB, size=64)

    assert predicted > (200 + 32 * 3) * MB


def test_of_sizes_about_as_fast_the_smaller_is_taken() -> None:
    tried = [Tried(size, speed, 0, 0) for size, speed in ((8, 900.0), (16, 980.0), (32, 1000.0))]

    assert fastest(tried).size == 16


# -- the search


def test_the_search_leaves_no_trace_but_the_size() -> None:
    state, batch = state_of(network(statistics=True)), images(48)
    before = copy.deepcopy(state.tree())

    fit_micro_batch(state, batch)

    after = state.tree()
    assert torch.equal(after["rng"]["torch"], before["rng"]["torch"])
    assert all(torch.equal(after["model"][name], value) for name, value in before["model"].items())
    assert after["optimizer"] == before["optimizer"]
    assert all(weight.grad is None for weight in state.model.parameters())


def test_a_small_allowance_makes_for_a_small_micro_batch() -> None:
    state, batch = state_of(network()), images(8192)

    decision = fit_micro_batch(state, batch, available_bytes=128 * MB)

    chosen = int(decision.verdict.split()[0])
    assert state.step.micro_batch == chosen
    assert chosen <= 2048  # of 8192, which take about 250 MB
    assert max(decision.evidence["peak_bytes"].values()) <= decision.evidence["limit_bytes"]


def test_the_reason_says_how_many_at_a_time_how_fast_and_what_memory_is_foreseen() -> None:
    decision = fit_micro_batch(state_of(network()), images(2048), available_bytes=64 * MB)

    assert decision.policy == "micro-batch"
    assert "times a step" in decision.reason
    assert "samples/s, the fastest that fits (predicted peak " in decision.reason


def test_where_batch_statistics_follow_the_micro_batch_the_reason_says_so() -> None:
    decision = fit_micro_batch(state_of(network(statistics=True)), images(2048), available_bytes=64 * MB)

    assert "batch statistics are taken over" in decision.reason


def test_a_model_that_is_too_large_is_refused_in_a_sentence_before_it_is_tried() -> None:
    state = state_of(nn.Linear(2000, 2000))

    with pytest.raises(ds.UsageError, match=r"Memory does not reach for .* MB or more are needed, and \d+ MB can be"):
        fit_micro_batch(state, Parts(torch.randn(4, 2000), torch.arange(4)), available_bytes=40 * MB)


def test_a_sample_that_is_too_large_is_refused_in_the_middle_of_its_first_pass() -> None:
    layers = [nn.Tanh() for _ in range(20)]
    model = nn.Sequential(nn.Unflatten(1, (1, -1)), nn.Conv1d(1, 1, 1), *layers, nn.AdaptiveAvgPool1d(2), nn.Flatten())
    recording = Parts(torch.randn(1, 4 * MB), torch.tensor([0]))

    with pytest.raises(ds.UsageError, match="Memory does not reach for a pass of one sample"):
        fit_micro_batch(state_of(model), recording, available_bytes=150 * MB)


@pytest.fixture
def box() -> Iterator[Path]:
    """A memory cgroup of 1 GB that kills what needs more: the file that takes its processes."""
    root = Path("/sys/fs/cgroup")
    version_1 = (root / "memory").is_dir()
    folder = (root / "memory" if version_1 else root) / f"ds-test-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if version_1 else "memory.max")).write_text(str(1 << 30))
    except OSError as error:
        if folder.is_dir():
            folder.rmdir()
        pytest.skip(f"Memory cgroups can't be made here ({error.strerror}): it takes root and a writable hierarchy.")
    yield folder / "cgroup.procs"
    folder.rmdir()


def limited_trainer(*arguments: str) -> Any:
    """What it printed; fails where it was killed."""
    command = [sys.executable, "-m", "tests.train.limited_trainer", *arguments]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.splitlines()[-1])


def test_in_a_container_of_1_gb_a_batch_of_more_is_trained_without_a_kill(box: Path) -> None:
    told = limited_trainer("cgroup", str(box))

    assert told["chosen"] < 16384
    assert told["limit_bytes"] <= 1 << 30
    assert told["training_peak_bytes"] <= told["limit_bytes"]


# -- the same learning


def losses(model: nn.Module, batches: list[Any], micro_batch: int | None, loss_fn: Any) -> list[float]:
    config = ds.TrainConfig(micro_batch=micro_batch)
    return ds.Trainer(copy.deepcopy(model), batches, loss_fn=loss_fn, config=config).fit().record.columns()["loss"][2]


def over_positions(outputs: Tensor, targets: Tensor) -> Tensor:
    return cross_entropy(outputs.flatten(0, 1), targets.flatten())


def test_the_loss_curve_of_50_steps_equals_the_whole_batchs_with_a_short_last_part() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 64), nn.Tanh(), nn.Linear(64, 5))
    batches = [(torch.randn(50, 10), torch.randint(5, (50,))) for _ in range(50)]

    whole, parts = (losses(model, batches, micro_batch, cross_entropy) for micro_batch in (None, 16))

    assert parts == pytest.approx(whole, rel=1e-5)


def test_the_loss_curve_of_50_steps_equals_the_whole_batchs_where_targets_do_not_count() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(20, 32), nn.Linear(32, 20))
    tokens = [torch.randint(20, (30, 12)) for _ in range(50)]
    lengths = torch.arange(30) % 12 + 1  # padded to 12, so parts hold unequal numbers of targets
    padding = torch.arange(12) >= lengths[:, None]
    batches = [(each, each.masked_fill(padding, -100)) for each in tokens]

    whole, parts = (losses(model, batches, micro_batch, over_positions) for micro_batch in (None, 8))

    assert parts == pytest.approx(whole, rel=1e-5)


def test_the_loss_curve_equals_the_whole_batchs_where_a_causal_model_shifts_its_labels() -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        num_hidden_layers=1, num_attention_heads=2, hidden_size=16, intermediate_size=16, vocab_size=20
    )
    model = transformers.LlamaForCausalLM(config)
    tokens = [torch.randint(20, (30, 12)) for _ in range(10)]
    padding = torch.arange(12) >= (torch.arange(30) // 5 + 2)[:, None]
    batches = [{"input_ids": each, "labels": each.masked_fill(padding, -100)} for each in tokens]

    whole, parts = (losses(model, batches, micro_batch, None) for micro_batch in (None, 8))

    assert parts == pytest.approx(whole, rel=1e-5)


# -- out of memory in mid-run


class Refusing(nn.Module):
    """Runs out of memory, as a GPU does, at some calls."""

    def __init__(self, inner: nn.Module, refused_calls: set[int]) -> None:
        super().__init__()
        self.inner = inner
        self.refused_calls = refused_calls
        self.num_calls = 0

    def forward(self, inputs: Tensor) -> Any:  # as the inner one returns it
        self.num_calls += 1
        outputs = self.inner(inputs)  # its dropout and statistics have moved on before the refusal
        if self.num_calls in self.refused_calls:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return outputs


def trained(refused_calls: set[int], micro_batch: int, num_steps: int = 3) -> tuple[dict[str, Tensor], list[Decision]]:
    decisions: list[Decision] = []
    state = state_of(Refusing(network(statistics=True), refused_calls), decisions.append)
    state.step.micro_batch = micro_batch
    torch.manual_seed(1)
    for _ in range(num_steps):
        state.step.gradients(images(40))
        state.step.update()
    return dict(state.model.state_dict()), decisions


@pytest.mark.parametrize("refused_call", [1, 2])
def test_a_step_that_ran_out_of_memory_ends_as_if_begun_with_half_the_micro_batch(refused_call: int) -> None:
    weights, decisions = trained({refused_call}, micro_batch=24)

    others, _ = trained(set(), micro_batch=12)
    assert [decision.verdict for decision in decisions] == ["12 of 40"]
    assert all(torch.equal(weights[name], other) for name, other in others.items())


def test_the_micro_batch_is_halved_until_it_fits() -> None:
    weights, decisions = trained({1, 2}, micro_batch=40)

    others, _ = trained(set(), micro_batch=10)
    assert [decision.verdict for decision in decisions] == ["20 of 40", "10 of 40"]
    assert all(torch.equal(weights[name], other) for name, other in others.items())


def test_what_ran_out_is_said_with_the_sizes_before_and_after() -> None:
    _, (decision,) = trained({1}, micro_batch=24)

    assert decision.policy == "micro-batch"
    assert decision.reason == (
        "memory ran out with 24 samples at a time (CUDA out of memory. Tried to allocate 2.00 GiB); "
        "the step is taken again with 12, and those after it too"
    )


class Outgrowing(nn.Module):
    """Has room for so many samples."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(10, 2)
        self.room = 1000

    def forward(self, inputs: Tensor) -> Any:  # torch's modules return Any
        if len(inputs) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.inner(inputs)


def test_in_a_run_the_record_says_that_memory_ran_out_and_the_run_goes_on() -> None:
    model = Outgrowing()

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for number in range(8):
            model.room = 1000 if number < 6 else 1  # the trials are over by then
            yield torch.randn(32, 10), torch.arange(32) % 2

    run = ds.Trainer(model, batches, config=ds.TrainConfig(micro_batch="auto")).fit()

    chosen, *halved = [each for each in run.record.decisions if each.policy == "micro-batch"]
    assert "the fastest that fits" in chosen.reason
    assert halved[-1].verdict == "1 of 32"
    assert run.status == "finished"


def test_out_of_memory_with_one_sample_at_a_time_is_a_sentence() -> None:
    with pytest.raises(ds.UsageError, match="Memory ran out with one sample at a time"):
        trained({1}, micro_batch=1)


def test_another_error_in_a_step_is_raised_as_it_is() -> None:
    state = state_of(network(), said=lambda _: None)

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        state.step.gradients(Parts(torch.randn(2, 3, 9, 9), torch.arange(2)))


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere RLIMIT_DATA refuses nothing.")
def test_memory_that_the_system_refuses_halves_the_micro_batch_and_changes_no_bit() -> None:
    told = limited_trainer("rlimit")

    assert told["verdicts"][0] == "3000 of 6000"
    assert told["equal"]


def test_each_size_is_tried_with_just_so_many_samples() -> None:
    sizes: set[int] = set()

    class Model(nn.Linear):
        def forward(self, inputs: Tensor) -> Tensor:
            sizes.add(len(inputs))
            return super().forward(inputs)

    data = torch.randn(100, 4), torch.randint(2, (100,))
    run = ds.Trainer(Model(4, 2), [data], config=ds.TrainConfig(batch_size=100, micro_batch="auto")).fit()

    tried = next(each for each in run.record.decisions if each.policy == "micro-batch").evidence["samples_per_s"]
    assert {int(size) for size in tried} <= sizes
