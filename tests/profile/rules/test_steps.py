"""Rules about the steps of a training."""

from __future__ import annotations

from typing import Any

import pytest

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.observed import Loader, Model, Optimizer, Predictions
from ds_notebook.profile.rules import gpu_idle, host_sync, low_precision, optimizer_loop, pin_memory, tiny_batches
from tests.profile.rules.made import BACKWARD, FORWARD, STEP, at, library, profile, ran

TRAINING = """
loader = DataLoader(data, batch_size=4)
optimizer = torch.optim.Adam(model.parameters())
for x, y in loader:
    x = x.to(device)
    loss = loss_fn(model(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
"""
WIDE = Model(
    name="Net",
    num_parameters=2_000_000,
    dtypes={"float32": 2_000_000},
    widest=1024,
    layers={"Linear": 3},
    calls=100,
    rows=12_800,
)
SMALL = Model(
    name="Net", num_parameters=2000, dtypes={"float32": 2000}, widest=32, layers={"Linear": 3}, calls=5000, rows=20_000
)
ON_GPU = Model(
    name="Net",
    num_parameters=2_000_000,
    dtypes={"float32": 2_000_000},
    device="cuda:0",
    widest=1024,
    layers={"Linear": 3},
)


def steps(**observed: Any) -> Profile:
    return profile(TRAINING, ran(2.0, at(5), FORWARD), ran(3.0, at(6), BACKWARD), ran(1.0, at(7), STEP), **observed)


def test_a_wide_model_in_fp32_on_a_cpu_with_bf16_is_found_where_it_is_called() -> None:
    (found,) = low_precision.find(steps(models=[WIDE], fast_bf16=True))

    assert (found.at, round(found.share, 2), found.facts) == (at(5), 0.83, {"dtype": "float32"})


def test_a_cpu_without_bf16_is_left_in_fp32() -> None:
    assert not list(low_precision.find(steps(models=[WIDE], fast_bf16=False)))


def test_a_narrow_model_gains_nothing_from_bf16() -> None:
    assert not list(low_precision.find(steps(models=[SMALL], fast_bf16=True)))


def test_code_that_knows_of_autocast_has_decided() -> None:
    decided = steps(models=[WIDE], fast_bf16=True)
    decided.sources["program.py"][4] = "with torch.autocast('cpu'): loss = loss_fn(model(x), y)"

    assert not list(low_precision.find(decided))


def test_four_rows_at_a_time_are_tiny_and_found_where_the_loader_is_made() -> None:
    (found,) = tiny_batches.find(steps(models=[SMALL], loaders=[Loader(num_workers=0, batch_size=4)]))

    assert found.at == at(1)
    assert found.expected > 2


def test_sixty_four_rows_are_no_tiny_batch() -> None:
    model = Model(name="Net", num_parameters=2000, layers={"Linear": 3}, calls=5000, rows=5000 * 64)

    assert not list(tiny_batches.find(steps(models=[model])))


def test_an_evaluation_in_large_batches_does_not_hide_a_training_in_tiny_ones() -> None:
    rows, layers = 4000 * 7 + 30_000, {"Linear": 3}
    model = Model(name="Net", num_parameters=2000, layers=layers, calls=4001, rows=rows, trained_calls=4000)
    model.trained_rows = 4000 * 7

    (found,) = tiny_batches.find(steps(models=[model]))

    assert found.facts["rows"] == 7


@pytest.mark.parametrize(("parameters", "found"), [(1300, 1), (1_300_000, 0)])
def test_what_few_filters_compute_on_a_short_signal_does_not_explain_the_time(parameters: int, found: int) -> None:
    model = Model(name="Net", num_parameters=parameters, layers={"Conv1d": 2}, calls=640, rows=1280, elements=640 * 240)

    assert len(list(tiny_batches.find(steps(models=[model], loaders=[Loader(num_workers=0, batch_size=2)])))) == found


APPLIED = """
for x, y in loader:
    loss = loss_fn(model(x), y)
    loss.backward()

def map(scene):
    for pixel in scene:
        out.append(model(pixel))

map(scene)
"""


def test_a_model_that_was_trained_in_large_batches_may_be_applied_in_tiny_ones() -> None:
    rows, layers = 100 * 2048 + 5000 * 2, {"Linear": 3}
    model = Model(name="Net", num_parameters=2000, layers=layers, calls=5100, rows=rows, trained_calls=100)
    model.trained_rows = 100 * 2048
    training = (ran(1.0, at(2), FORWARD), ran(1.0, at(3), BACKWARD))

    (found,) = tiny_batches.find(profile(APPLIED, *training, ran(2.0, at(9), at(7, "map"), FORWARD), models=[model]))

    assert (found.at, found.share, found.facts["rows"]) == (at(7, "map"), 0.5, 2)


def test_rows_of_an_embedding_are_looked_up_and_explain_no_time() -> None:
    layers = {"Embedding": 2, "Linear": 3}
    model = Model(name="Net", num_parameters=200_000_000, layers=layers, calls=4000, rows=28_000)
    model.looked_up = model.num_parameters - 2000

    assert list(tiny_batches.find(steps(models=[model])))


def test_few_rows_of_a_large_model_are_explained_by_its_arithmetic() -> None:
    model = Model(name="Net", num_parameters=200_000_000, layers={"Linear": 9}, calls=30, rows=120)

    assert not list(tiny_batches.find(steps(models=[model])))


def test_predicting_one_row_after_another_is_tiny_too() -> None:
    predict = library("sklearn/linear_model/_base.py", "LinearClassifierMixin.predict")
    check = library("sklearn/utils/validation.py", "check_array")
    seen = profile(
        "for row in rows:\n    results.append(model.predict(row.reshape(1, -1)))",
        ran(1.0, at(2), predict, check),
        ran(1.0, at(2), predict),
    )

    (found,) = tiny_batches.find(seen)

    assert found.at == at(2)


SCORES = """
def score(x):
    return torch.relu(x @ w)

out = []
for row in rows:
    out.append(score(row))
"""


def scoring(x: str, source: str = SCORES) -> Profile:
    types = {str(at(2, "score")): {"x": x, "w": "Tensor[float32] 20x32"}}
    return profile(source, ran(3.0, at(6), at(2, "score")), ran(1.0, at(6)), types=types)


def test_products_of_one_row_in_a_loop_over_rows_are_tiny() -> None:
    (found,) = tiny_batches.find(scoring("Tensor[float32] 20"))

    assert (found.at, found.share, found.facts) == (at(2, "score"), 1.0, {"rows": 1})


def test_products_of_many_rows_are_not() -> None:
    assert not list(tiny_batches.find(scoring("Tensor[float32] 256x20")))


def test_rounds_that_build_on_each_other_cannot_be_done_together() -> None:
    recurrent = SCORES.replace("row in rows", "row in range(9)").replace("out.append(score(row))", "out = score(out)")

    assert not list(tiny_batches.find(scoring("Tensor[float32] 20", recurrent)))


def test_what_a_solver_asks_for_again_and_again_builds_on_what_it_got() -> None:
    source = SCORES.replace("out.append(score(row))", "out.append(solve_ivp(score, (0, 1), row))")
    solver = library("scipy/integrate/_ivp/ivp.py", "solve_ivp")
    types = {str(at(2, "score")): {"x": "ndarray[float32] 20", "w": "ndarray[float32] 20x32"}}

    assert not list(tiny_batches.find(profile(source, ran(3.0, at(6), solver, at(2, "score")), types=types)))


def test_a_forest_asked_row_by_row_is_tiny_whatever_it_spends_its_time_on() -> None:
    vote = library("sklearn/ensemble/_forest.py", "RandomForestRegressor.predict")
    one = Predictions(function="predict", site=str(at(2)), looks=40, rows=40)
    source = "for row in rows:\n    results.append(forest.predict([row]))"

    assert list(tiny_batches.find(profile(source, ran(2.0, at(2), vote), predictions=[one])))
    assert not list(tiny_batches.find(profile(source, ran(2.0, at(2), vote))))


@pytest.mark.parametrize(("x", "found"), [("Tensor[float32] 512x1024", 1), ("Tensor[float32] 512x64", 0)])
def test_wide_products_of_plain_tensors_gain_from_bf16(x: str, found: int) -> None:
    source = "def net(x):\n    return F.linear(x, w)\nfor x in batches:\n    net(x)"
    seen = profile(source, ran(4.0, at(4), at(2, "net")), types={str(at(2, "net")): {"x": x}}, fast_bf16=True)

    assert len(list(low_precision.find(seen))) == found


def test_many_optimizers_of_two_tensors_each_are_a_loop_too() -> None:
    many = [Optimizer(name="AdamW", num_tensors=2, num_parameters=100) for _ in range(30)]

    assert len(list(optimizer_loop.find(steps(optimizers=many)))) == 1


BY_INDEX = """
class Own:
    def step(self):
        for i in range(len(self.params)):
            self.one(i)

    def one(self, i):
        p = self.params[i]
        p.data -= 0.01 * self.means[i]
"""
AVERAGE = """
def follow():
    with torch.no_grad():
        for target, source in zip(teacher, student):
            target.lerp_(source, 0.1)
"""
BATCHES = """
def scale(batches):
    for batch in batches:
        batch.sub_(mean)
"""


@pytest.mark.parametrize(
    ("source", "lines", "found"), [(BY_INDEX, (4, 8), 1), (AVERAGE, (4, 4), 1), (BATCHES, (3, 3), 0)]
)
def test_a_loop_that_changes_parameters_in_place_is_found(source: str, lines: tuple[int, int], found: int) -> None:
    path = [at(lines[0], "step")] if lines[0] == lines[1] else [at(lines[0], "step"), at(lines[1], "one")]
    types = {str(path[-1]): {"target": "Tensor[float32] 9x9", "batch": "Tensor[float32] 9x9"}}

    assert len(list(optimizer_loop.find(profile(source, ran(2.0, *path), types=types)))) == found


def test_hundreds_of_tiny_tensors_cost_their_way_backward_too() -> None:
    own = Optimizer(name="Own", num_tensors=450, num_parameters=9000)
    stacks = [ran(1.0, at(4, "step"), at(8, "one")), ran(3.0, at(9), BACKWARD)]

    (found,) = optimizer_loop.find(profile(BY_INDEX, *stacks, optimizers=[own]))

    assert found.share == 1.0


def test_adam_over_many_tensors_is_found_where_it_is_made() -> None:
    adam = Optimizer(name="Adam", num_tensors=120, num_parameters=100_000)

    (found,) = optimizer_loop.find(steps(optimizers=[adam]))

    assert (found.at, round(found.share, 2)) == (at(2), 0.17)


def test_a_users_optimizer_that_hands_on_to_torchs_is_as_slow_as_that() -> None:
    base = library("torch/optim/optimizer.py", "profile_hook_step.<locals>.wrapper")
    source = "class Gentle(AdamW):\n    def step(self):\n        super().step()\nfor x in loader:\n    gentle.step()"
    many = Optimizer(name="Gentle", num_tensors=800, num_parameters=26_000, foreach=False)

    (found,) = optimizer_loop.find(
        profile(source, ran(3.0, at(5), base, at(3, "Gentle.step"), base, STEP), optimizers=[many])
    )

    assert (found.at, found.share) == (at(5), 1.0)


def test_a_fused_optimizer_is_as_it_should_be() -> None:
    adam = Optimizer(name="Adam", num_tensors=120, num_parameters=100_000, fused=True)

    assert not list(optimizer_loop.find(steps(optimizers=[adam])))


def test_an_update_by_hand_is_a_loop_over_parameters() -> None:
    seen = profile(
        """
        for x, y in loader:
            loss_fn(model(x), y).backward()
            for p in model.parameters():
                p.data -= 0.01 * p.grad
        """,
        ran(2.0, at(2), BACKWARD),
        ran(2.0, at(4)),
    )

    (found,) = optimizer_loop.find(seen)

    assert (found.at, found.share) == (at(4), 0.5)


def test_copies_from_ordinary_memory_are_found_on_a_gpu() -> None:
    seen = profile(
        TRAINING, ran(1.0, at(4)), ran(1.0, at(5), FORWARD), gpus=1, models=[ON_GPU], loaders=[Loader(num_workers=2)]
    )

    (found,) = pin_memory.find(seen)

    assert found.at == at(4)


def test_a_pinned_loader_needs_no_word() -> None:
    loader = Loader(num_workers=2, pin_memory=True)

    assert not list(pin_memory.find(profile(TRAINING, ran(1.0, at(4)), gpus=1, models=[ON_GPU], loaders=[loader])))


def test_reading_the_loss_at_each_step_waits_for_the_gpu() -> None:
    seen = profile(TRAINING, ran(1.0, at(8)), ran(2.0, at(5), FORWARD), gpus=1, models=[ON_GPU])

    (found,) = host_sync.find(seen)

    assert (found.at, round(found.expected, 2)) == (at(8), 1.5)


def test_reading_the_loss_on_a_cpu_waits_for_nothing() -> None:
    assert not list(host_sync.find(profile(TRAINING, ran(1.0, at(8)), models=[WIDE])))


def test_a_gpu_without_a_kernel_for_most_of_the_time_is_idle() -> None:
    (found,) = gpu_idle.find(steps(gpus=1, models=[ON_GPU], gpu_busy=0.2))

    assert round(found.share, 2) == 0.8


def test_a_busy_gpu_is_not() -> None:
    assert not list(gpu_idle.find(steps(gpus=1, models=[ON_GPU], gpu_busy=0.9)))


def test_few_sequences_at_a_time_are_tiny_as_their_arithmetic_does_not_explain_the_time() -> None:
    model = Model(name="Coder", num_parameters=11_000, layers={"GRU": 2}, calls=240, rows=960, positions=38_400)

    assert list(tiny_batches.find(steps(models=[model])))


def test_few_long_sequences_are_explained_by_it() -> None:
    model = Model(name="Coder", num_parameters=11_000, layers={"GRU": 2}, calls=240, rows=960, positions=960_000)

    assert not list(tiny_batches.find(steps(models=[model])))


def test_the_steps_of_a_sequence_cannot_be_given_together() -> None:
    recurrent = steps(models=[SMALL])
    recurrent.sources["program.py"][4] = "    out, state = model(x, state)"

    assert not list(tiny_batches.find(recurrent))


def test_a_product_of_complex_numbers_is_four_of_real_ones() -> None:
    def seen(dtype: str) -> Profile:
        types = {str(at(2)): {"phase": f"ndarray[{dtype}] 1000x50", "taps": "ndarray[float64] 50"}}
        return profile("for taps in stages:\n    curves.append(phase @ taps)", ran(3.0, at(2)), types=types)

    assert list(tiny_batches.find(seen("float64"))) and not list(tiny_batches.find(seen("complex128")))


def test_of_a_product_with_what_a_call_gives_nothing_is_known() -> None:
    types = {str(at(2)): {"rates": "ndarray[float64] 4", "u": "ndarray[float64] 4x9000"}}
    source = "for day in days:\n    depths.append(np.tensordot(rates, special.exp1(u), axes=1))"

    assert not list(tiny_batches.find(profile(source, ran(3.0, at(2)), types=types)))
