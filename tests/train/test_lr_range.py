"""A learning-rate range test suggests the rate at which the loss falls fastest, and says where it cannot."""

import math
import random

import pytest
import torch
from torch import Tensor, nn

import ds_notebook as ds
from ds_notebook.draw import Lines, Text, svg
from ds_notebook.errors import UsageError
from ds_notebook.record.events import AnyEvent, Metrics, RunEnded, RunStarted
from ds_notebook.train.lr_range import RangeTest, suggestion
from ds_notebook.train.lr_range_view import LrRangeView

RATES = [RangeTest(1e-6, 1.0, 100).rate(step) for step in range(100)]


def course(rate: float, noise: float = 0.0, rng: random.Random | None = None) -> float:
    """A loss that falls from 2.3 to 0.3, fastest at 1e-3, and climbs past 0.1."""
    fall = 2.0 / (1 + math.exp(-4 * (math.log10(rate) + 3)))
    climb = max(0.0, 30 * (math.log10(rate) + 1))
    return 2.3 - fall + climb + noise * (rng.gauss(0, 1) if rng else 0.0)


def test_the_rates_rise_by_equal_factors_from_start_to_end() -> None:
    test = RangeTest(1e-4, 1.0, 21)

    rates = [test.rate(step) for step in range(21)]

    assert rates[0] == 1e-4 and rates[-1] == pytest.approx(1.0) and rates[5] == pytest.approx(1e-3)


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.15])
def test_the_steepest_fall_is_suggested_through_noise(noise: float) -> None:
    rng = random.Random(0)

    found = [suggestion(RATES, [course(rate, noise, rng) for rate in RATES]).rate for _ in range(20)]

    assert all(rate is not None and 4e-4 < rate < 2.5e-3 for rate in found)


def test_the_sentence_says_where_the_loss_fell_and_where_it_was_lowest() -> None:
    found = suggestion(RATES, [course(rate) for rate in RATES])

    assert found.sentence.startswith("The loss fell fastest at a learning rate of 0.00")
    assert "lowest at 0.0" in found.sentence


def test_noise_alone_is_no_fall() -> None:
    rng = random.Random(1)

    found = [suggestion(RATES, [2.3 + rng.gauss(0, 0.2) for _ in RATES]) for _ in range(200)]

    assert sum(each.rate is not None for each in found) <= 2
    assert found[0].sentence == "The loss did not clearly fall between 1e-06 and 1."


def test_a_loss_that_only_rises_or_stands_still_is_no_fall() -> None:
    assert suggestion(RATES, [1.0 + rate for rate in RATES]).rate is None
    assert suggestion(RATES, [1.0] * 100).rate is None


def test_wild_falls_after_the_lowest_point_are_not_suggested() -> None:
    losses = [course(rate) for rate in RATES[:88]] + [500.0, 3.0] * 6

    assert 4e-4 < (suggestion(RATES, losses).rate or 0.0) < 2.5e-3


def test_the_test_stops_once_the_loss_is_far_too_high_or_not_finite() -> None:
    test = RangeTest(1e-6, 1.0, 100)
    steps = 0
    while not test.should_stop:
        test.add(course(test.rate(steps)))
        steps += 1

    assert 84 < steps < 98  # the climb begins at step 83

    for loss in (math.nan, math.inf):
        broken = RangeTest()
        broken.add(loss)
        assert broken.should_stop


def test_a_loss_near_nothing_may_rise_fourfold_without_ending_the_test() -> None:
    test = RangeTest(num_steps=200)
    for loss in [2.0, *[1e-4] * 60, *[1e-2] * 60]:
        test.add(loss)

    assert not test.should_stop


def test_the_test_ends_with_its_last_step() -> None:
    test = RangeTest(num_steps=20)
    for _ in range(20):
        assert not test.should_stop
        test.add(1.0)

    assert test.should_stop


def test_too_few_losses_give_no_rate() -> None:
    assert suggestion(RATES[:6], [1.0, 0.8, 0.6, 0.4, 0.2, 0.1]) == (
        None,
        "The test ended after 6 steps, too few to suggest a learning rate.",
    )
    assert suggestion([], []).rate is None
    assert suggestion(RATES, [math.nan] * 100).rate is None


def test_a_range_that_makes_no_test_is_refused() -> None:
    with pytest.raises(UsageError, match=r"from above 0 to a higher one, got 1 to 0\.1"):
        RangeTest(1, 0.1)
    with pytest.raises(UsageError, match="at least 20 steps, got 5"):
        RangeTest(num_steps=5)


def test_a_real_model_learns_at_the_suggested_rate() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(512, 8)
    targets = (inputs @ torch.randn(8, 3)).argmax(dim=1)

    def model_and_sgd(rate: float) -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(1)
        model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
        return model, torch.optim.SGD(model.parameters(), lr=rate)

    def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        chosen = torch.randint(512, (32,))
        loss = nn.functional.cross_entropy(model(inputs[chosen]), targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    test, (model, optimizer) = RangeTest(1e-5, 100.0, 200), model_and_sgd(1.0)
    for at in range(200):
        optimizer.param_groups[0]["lr"] = test.rate(at)
        test.add(step(model, optimizer))
        if test.should_stop:
            break
    rate, _ = test.suggestion()

    assert rate is not None and 0.01 < rate < 3
    losses = [step(*trained) for trained in [model_and_sgd(rate)] for _ in range(200)]
    assert sum(losses[-20:]) / 20 < 0.4


# -- the view


def events(losses: list[float], *, ended: bool = True) -> list[AnyEvent]:
    started = RunStarted(
        at=0.0, kind="lr-range", name="digits", host="h", boot_id="b", pid=1, process_started=0.0, total_steps=100
    )
    steps = list(range(len(losses)))
    rows = Metrics(at=1.0, steps=steps, times_us=steps, values={"loss": losses, "lr": RATES[: len(losses)]})
    return [started, rows, *([RunEnded(at=2.0, status="finished")] if ended else [])]


def view_of(losses: list[float], *, ended: bool = True) -> LrRangeView:
    view = LrRangeView()
    for event in events(losses, ended=ended):
        view.add(event)
    return view


def test_the_view_says_the_suggested_rate_first_and_draws_the_loss_over_the_rates() -> None:
    drawn = view_of([course(rate) for rate in RATES]).scene()

    said, panel = drawn.panels
    assert drawn.title.startswith("digits: finished, try a learning rate of 0.00")
    assert isinstance(said, Text) and said.lines[0].startswith("The loss fell fastest at")
    assert isinstance(panel, Lines) and panel.x_label == "log10 of the learning rate"
    curve, mark = panel.series
    assert (curve.x[0], curve.x[-1]) == pytest.approx((-6, 0)) and mark.x == pytest.approx([-3], abs=0.3)
    assert "<svg" in svg(drawn)


def test_a_running_test_says_its_steps_and_suggests_nothing_yet() -> None:
    drawn = view_of([course(rate) for rate in RATES[:30]], ended=False).scene()

    assert drawn.title == "digits: running, 30 of 100 steps"
    assert drawn.commands and [len(panel.series) for panel in drawn.panels if isinstance(panel, Lines)] == [1]


def test_a_test_without_a_clear_fall_says_so() -> None:
    drawn = view_of([2.0] * 100).scene()

    assert drawn.title == "digits: finished, no learning rate to suggest"


def test_a_test_whose_loss_became_nan_is_drawn_up_to_there() -> None:
    drawn = view_of([*[course(rate) for rate in RATES[:80]], math.nan]).scene()

    assert "try a learning rate of 0.00" in drawn.title
    assert isinstance(drawn.panels[1], Lines) and drawn.panels[1].series[0].y[-1] is None


def test_an_empty_record_is_drawn_too() -> None:
    assert LrRangeView().scene().title == "lr-range: queued, 0 steps"


def test_random_numbers_go_on_as_if_there_had_been_no_test(model: nn.Module, blobs: tuple[Tensor, Tensor]) -> None:
    torch.manual_seed(7)
    without = torch.rand(3)
    torch.manual_seed(7)

    ds.Trainer(model, blobs, config=ds.TrainConfig(lr_range_test=True)).fit()

    assert torch.equal(torch.rand(3), without)


def test_the_test_runs_in_the_background_too(model: nn.Module, blobs: tuple[Tensor, Tensor]) -> None:
    run = ds.Trainer(model, blobs, config=ds.TrainConfig(lr_range_test=True, background="thread")).fit()

    assert run.wait().status == "finished"
