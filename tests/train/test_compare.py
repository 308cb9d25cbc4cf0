"""Runs beside each other: which is better, in what they differ, and whether they are equal step by step."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

import ds_notebook as ds
from ds_notebook.draw import Lines, Scene, Table, Text
from ds_notebook.errors import UsageError
from ds_notebook.record.events import RunStarted
from ds_notebook.rooms import compare_scene
from ds_notebook.train.compare import compare, scene
from ds_notebook.train.differences import Compared, standing, step_by_step

Values = list[float]


def run(label: str, config: dict[str, object] | None = None, host: str = "h", **metrics: Values) -> Compared:
    """A finished run with these values at steps 0, 1, 2..."""
    started = RunStarted(
        kind="train", name="x", host=host, boot_id="b", pid=1, process_started=0.0, config=config or {}, version="1"
    )
    columns = {name: (list(range(len(values))), [0.0] * len(values), values) for name, values in metrics.items()}
    return Compared(label, "finished", started, columns)


def lines(drawn: Scene, heading: str = "") -> list[str]:
    return [
        line for panel in drawn.panels if isinstance(panel, Text) and panel.heading == heading for line in panel.lines
    ]


def rows(drawn: Scene, heading: str) -> list[list[object]]:
    return [
        list(row)
        for panel in drawn.panels
        if isinstance(panel, Table) and panel.heading == heading
        for row in panel.rows
    ]


# -- the answer


def test_the_lower_loss_is_better() -> None:
    title = scene([run("heron", loss=[3, 2]), run("fox", loss=[3, 1])]).title

    assert title == "fox is better: loss 1 against 2 after the same 2 steps"


def test_the_higher_accuracy_is_better_where_it_is_monitored() -> None:
    title = scene(
        [
            run("heron", {"monitor": "val_accuracy"}, val_loss=[1], val_accuracy=[0.981]),
            run("fox", val_loss=[0.5], val_accuracy=[0.974]),
        ]
    ).title

    assert title == "heron is better: val_accuracy 0.981 against 0.974 after 1 step"


def test_a_metric_that_is_asked_for_decides() -> None:
    title = scene([run("heron", loss=[1], mae=[3]), run("fox", loss=[2], mae=[2])], metric="mae").title

    assert title.startswith("fox is better: mae 2 against 3")


def test_runs_of_different_length_each_say_theirs() -> None:
    title = scene([run("heron", loss=[3, 2]), run("fox", loss=[4, 3, 1])]).title

    assert title == "fox is better: loss 1 after 3 steps against 2 after 2 steps"


def test_a_run_that_ends_as_nan_is_never_better() -> None:
    title = scene([run("heron", loss=[1, math.nan]), run("fox", loss=[9, 8])]).title

    assert title == "fox is better: loss 8 against nan after the same 2 steps"


def test_where_all_end_as_nan_none_is_better() -> None:
    title = scene([run("heron", loss=[1, math.nan]), run("fox", loss=[2, math.nan])]).title

    assert title == "No run is better: loss ends as nan"


def test_of_several_runs_the_others_are_a_range() -> None:
    several = [run(f"run-{loss}", loss=[float(loss)]) for loss in (4, 1, 3, 2)]

    assert scene(several).title == "run-1 is best of 4: loss 1 against 2 to 4 after 1 step"


def test_numbers_are_written_with_as_many_digits_as_tell_them_apart() -> None:
    assert "loss 0.1234561 against 0.1234562" in scene([run("a", loss=[0.1234561]), run("b", loss=[0.1234562])]).title


def test_another_order_at_the_best_values_is_said() -> None:
    drawn = scene([run("heron", val_loss=[0.1, 0.9]), run("fox", val_loss=[0.6, 0.5])])

    assert drawn.title.startswith("fox is better")
    assert "By the best value heron is ahead: val_loss 0.1 at step 0." in lines(drawn)


# -- equal, or from where on not


def test_equal_runs_are_said_to_be_equal() -> None:
    drawn = scene([run("heron", loss=[3, 2], samples_per_s=[1, 2]), run("fox", loss=[3, 2], samples_per_s=[3, 4])])

    assert drawn.title == "heron and fox are equal: loss in all 2 shared steps"
    assert ["loss", 2, "yes", None, ""] in rows(drawn, "Step by step")


def test_a_run_that_went_on_is_equal_as_far_as_the_other_one_went() -> None:
    drawn = scene([run("heron", loss=[3, 2]), run("fox", loss=[3, 2, 1])])

    assert drawn.title == "heron and fox are equal: loss in all 2 shared steps"
    assert "They end elsewhere: heron at step 1 and fox at step 2." in lines(drawn)


def test_nan_equals_nan_and_steps_that_only_one_has_do_not_count() -> None:
    assert step_by_step(([0, 1], [], [1.0, math.nan]), ([1, 2], [], [math.nan, 5.0])) == (
        1,
        None,
        pytest.approx((math.nan, math.nan), nan_ok=True),
    )


def test_the_first_step_that_differs_is_said_and_by_how_much() -> None:
    drawn = scene([run("heron", loss=[3, 2, 1]), run("fox", loss=[3, 2.5, 1])])

    assert "loss differs first at step 1: 2 (heron) against 2.5 (fox), by 0.5." in lines(drawn)
    assert rows(drawn, "Step by step") == [["loss", 3, "no", 1, "0.5"]]


def test_a_difference_in_the_last_bit_is_a_difference() -> None:
    drawn = scene([run("heron", loss=[0.1]), run("fox", loss=[math.nextafter(0.1, 1)])])

    assert "are equal" not in drawn.title and rows(drawn, "Step by step")[0][2] == "no"


def test_of_three_runs_the_one_that_parts_first_is_named() -> None:
    drawn = scene([run("a", loss=[1, 1, 1]), run("b", loss=[1, 1, 2]), run("c", loss=[1, 3, 1])])

    assert rows(drawn, "Step by step") == [["loss", 3, "no: c", 1, "2"]]


def test_a_metric_taken_by_the_clock_in_other_steps_does_not_hinder_equality() -> None:
    first, second = run("a", loss=[3, 2]), run("b", loss=[3, 2])
    first.columns["grad_norm"], second.columns["grad_norm"] = ([0], [0.0], [1.0]), ([1], [0.0], [2.0])

    assert scene([first, second]).title.startswith("a and b are equal: loss in all 2 shared steps")


def test_runs_without_a_shared_step_are_not_equal() -> None:
    one, other = run("a", loss=[1.0]), run("b", loss=[1.0])
    other.columns["loss"][0][0] = 7

    drawn = scene([one, other])

    assert "are equal" not in drawn.title and "a and b share no step of loss." in lines(drawn)


def test_a_metric_that_only_one_run_has_is_said() -> None:
    assert "Not in all of these runs: mine." in lines(scene([run("a", loss=[1], mine=[1]), run("b", loss=[1])]))


# -- in what they differ


def test_only_options_that_differ_are_listed() -> None:
    drawn = scene(
        [run("a", {"lr": 0.1, "seed": 0, "net": {"width": 1}}, loss=[1]), run("b", {"lr": 0.2, "seed": 0}, loss=[1])]
    )

    assert lines(drawn, "Options") == ["lr: 0.1 (a), 0.2 (b)", "net.width: 1 (a), not set (b)"]


def test_what_a_run_is_called_and_how_it_was_resumed_are_no_options() -> None:
    drawn = scene(
        [run("a", {"name": "one", "resume": None}, loss=[1]), run("b", {"name": "two", "resume": "auto"}, loss=[1])]
    )

    assert lines(drawn, "Options") == ["All options are the same."]


def test_equal_options_are_said_and_another_host_is() -> None:
    drawn = scene([run("a", host="mine", loss=[1]), run("b", host="yours", loss=[1])])

    assert lines(drawn, "Options") == ["All options are the same."]
    assert lines(drawn, "Machine") == ["host: mine (a), yours (b)"]


# -- drawn


def test_each_shared_metric_is_a_panel_with_a_curve_a_run() -> None:
    drawn = scene([run("a", lr=[1], loss=[1], val_loss=[1], mine=[1]), run("b", lr=[1], loss=[2], val_loss=[1])])

    panels = [
        (panel.heading, [series.name for series in panel.series]) for panel in drawn.panels if isinstance(panel, Lines)
    ]
    assert panels == [("val_loss", ["a", "b"]), ("loss", ["a", "b"])]


def test_last_and_best_stand_in_a_table_and_a_rate_has_no_best() -> None:
    drawn = scene([run("a", loss=[3, 1, 2], lr=[1, 1, 1]), run("b", loss=[3, 4, 5], lr=[2, 2, 2])])

    assert rows(drawn, "Values") == [
        ["a", "last", 2, 1],
        ["a", "best", 1, None],
        ["b", "last", 5, 2],
        ["b", "best", 3, None],
    ]


def test_the_best_value_follows_the_rule_of_early_stopping() -> None:
    assert standing("val_accuracy", ([0, 10, 20], [], [0.1, 0.9, 0.5])) == (0.5, 20, 0.9, 10)
    assert standing("val_loss", ([0, 10, 20], [], [0.5, 0.1, 0.4])) == (0.4, 20, 0.1, 10)


@pytest.mark.parametrize(("num_runs", "num_metrics"), [(2, 4), (12, 40)])
def test_a_scene_stays_within_fifty_kilobytes(num_runs: int, num_metrics: int) -> None:
    metrics = {
        f"metric_{number}" + "x" * 300: [math.sin(step) for step in range(5000)] for number in range(num_metrics)
    }
    options: dict[str, object] = {f"option_{number}": "y" * 1000 for number in range(100)}
    several = [run(f"a-name-{at}", options | {"at": at}, loss=[1.0 / 3] * 5000, **metrics) for at in range(num_runs)]

    assert len(msgspec.json.encode(scene(several))) < 50_000


# -- asked wrongly, and real records


def test_runs_that_share_no_metric_are_asked_wrongly() -> None:
    with pytest.raises(UsageError, match=r"Neither val_loss nor loss is in all of these runs\. They share none\."):
        scene([run("a", loss=[1]), run("b", error=[1])])


def test_without_a_loss_the_metric_has_to_be_named() -> None:
    with pytest.raises(UsageError, match=r"nor loss is in all of these runs\. Choose reward or score\."):
        scene([run("a", reward=[1], score=[1]), run("b", score=[2], reward=[1])])


def recorded(*losses: float) -> ds.Record:
    with ds.start_run() as started:
        for loss in started.steps(losses):
            started.log(loss=loss)
    return started.record


def test_records_go_by_their_words_and_a_run_that_runs_says_so(runs: Path) -> None:
    done = recorded(3, 2)
    with ds.start_run() as running:
        running.log(loss=1)
        running.flush()
        drawn = compare_scene([done, running.record])

    name = running.id.split("-", 3)[3]
    assert drawn.title.startswith(f"{name} is better") and f"{name} is running: this is what there is so far." in lines(
        drawn
    )


def test_two_runs_of_one_name_in_two_folders_are_told_apart(runs: Path, tmp_path: Path) -> None:
    one = recorded(1)
    copy = tmp_path / "elsewhere" / one.id
    copy.parent.mkdir()
    one.path.rename(copy)
    other = recorded(2)
    other.path.rename(runs / one.id)

    title = compare([ds.open_run(copy), ds.open_run(runs / one.id)]).title

    assert title.startswith(f"elsewhere/{one.id} is better")


def test_the_epochs_number_decides_nothing() -> None:
    runs = [run("a", epoch=[1.0], loss=[0.5]), run("b", epoch=[1.0], loss=[0.4])]

    with pytest.raises(UsageError, match=r"Metric 'epoch' is not in all of these runs. Choose loss."):
        scene(runs, "epoch")
