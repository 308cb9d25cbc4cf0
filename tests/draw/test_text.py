"""A scene as plain text."""

import math
import subprocess
import sys

import pytest

from ds_notebook.draw import Bars, Block, Heatmap, Lines, Scene, Series, Table, Text, Timeline, text
from ds_notebook.draw.text import sparkline
from tests.draw.scenes import EMPTY_SCENES, ODD_CURVES, one_curve, scene_of_everything, small_flame, small_graph


def test_curves_are_told_by_their_last_lowest_and_highest_value():
    loss = Series(name="train", x=[0, 1, 2, 3], y=[2.5, 1.25, 0.5, 0.75])
    val = Series(name="val", x=[], y=[])
    scene = Scene(title="running, epoch 1 of 5", panels=[Lines(heading="Loss", series=[loss, val])])

    assert text(scene).split("\n") == [
        "running, epoch 1 of 5",
        "",
        "Loss         last  min  max",
        "  train      0.75  0.5  2.5  █▄▁▂",
        "  val    none yet",
    ]


def test_every_other_shape_is_told_in_rows():
    blocks = [
        Block(lane="loop", start=0, end=1, kind="forward"),
        Block(lane="loop", start=1, end=3, kind="backward"),
        Block(lane="loop", start=3, end=4, kind="forward"),
    ]
    scene = Scene(
        title="finished",
        panels=[
            Bars(heading="Time", names=["data", "forward"], values=[61.0, 4.25], unit="%"),
            Timeline(heading="Steps", lanes=["loop", "gpu"], blocks=blocks),
            Table(heading="Epochs", columns=["epoch", "loss", "note"], rows=[[1, 0.5, "best"], [12, 0.25, None]]),
            Text(lines=["All is well."]),
        ],
    )

    assert text(scene) == (
        "finished\n\n"
        "Time\n  data       61%\n  forward  4.25%\n\n"
        "Steps\n  loop  4 s  forward 2 s, backward 2 s\n  gpu   0 s\n\n"
        "Epochs\nepoch  loss  note\n    1  0.50  best\n   12  0.25\n\n"
        "All is well."
    )


def test_a_flame_is_told_by_name_and_a_name_within_itself_counts_once():
    assert text(Scene(title="", panels=[small_flame()])) == (
        "Where time went  own  whole\n"
        "  fit            5 s    6 s\n"
        "  load           4 s    4 s\n"
        "  main           1 s   10 s"
    )


def test_a_heatmap_is_told_row_by_row():
    heatmap = Heatmap(
        heading="Norm", rows=["conv", "head"], columns=[0, 1, 2], values=[[1.0, 2.0, 3.0], [None, 4.0, 2.0]]
    )

    assert text(Scene(title="", panels=[heatmap])) == (
        "Norm    last  min  max\n  conv     3    1    3  ▁▅█\n  head     2    2    4  █▁"
    )


def test_a_graph_is_told_by_what_each_box_leads_to():
    assert text(Scene(title="", panels=[small_graph()])) == (
        "Jobs\n  fetch   finished           → train\n  train   running   epoch 3  → report\n  report"
    )


@pytest.mark.parametrize("scene", [*EMPTY_SCENES, *ODD_CURVES.values(), scene_of_everything()])
def test_no_line_is_longer_than_the_width(scene):
    assert all(len(line) <= 80 for line in text(scene, width=80).split("\n"))


def test_the_same_scene_gives_the_same_text():
    assert text(scene_of_everything()) == text(scene_of_everything())


def test_terminal_codes_and_control_characters_are_stripped():
    scene = Scene(title="run\x1b[2J\x07ning\u202e", panels=[Text(lines=["a\x00b\nc\x1b]0;owned\x07"])])

    assert text(scene) == "running\n\nab c"


def test_a_last_value_that_is_nan_is_said():
    assert "nan    1    2" in text(one_curve(1.0, 2.0, math.nan))


def test_wide_letters_keep_the_columns_aligned():
    scene = Scene(title="", panels=[Bars(names=["損失", "loss"], values=[1.0, 2.0])])

    assert text(scene) == "  損失  1\n  loss  2"


def test_a_sparkline_has_a_character_a_point_and_twenty_four_at_most():
    assert sparkline(Series(name="", x=[0, 9, 10], y=[0, 1, 2])) == "▁▅█"
    assert len(sparkline(Series(name="", x=list(range(1000)), y=list(range(1000))))) == 24


def test_a_sparkline_is_blank_where_the_series_has_no_points():
    series = Series(name="", x=[*range(50), *range(100, 150)], y=[1.0] * 100)

    assert " " in sparkline(series)


def test_drawing_needs_no_heavy_import():
    heavy = "numpy", "matplotlib", "IPython", "torch", "resvg_py"
    code = f"import sys, ds_notebook.draw; print([name for name in {heavy} if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_long_sentence_is_wrapped_and_an_indented_line_stays_indented():
    scene = Scene(title="", panels=[Text(lines=["word " * 30, "    x = 1"])])

    lines = text(scene, 40).splitlines()

    assert max(map(len, lines)) <= 40 and " ".join(lines[:-1]).split() == ["word"] * 30
    assert lines[-1] == "    x = 1"


def test_the_widest_column_gives_way_and_the_others_stay_whole():
    scene = Scene(title="", panels=[Table(columns=["line", "in"], rows=[["prog.py, line 3", "function" * 10]])])

    assert text(scene, 60).splitlines()[-1].startswith("prog.py, line 3  function")
