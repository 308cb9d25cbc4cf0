"""Two profiles beside each other: what grew, what shrank."""

from __future__ import annotations

import msgspec
import pytest

import ds_notebook as ds
from ds_notebook.cli import main
from ds_notebook.draw import Flame, Table
from ds_notebook.errors import UsageError
from tests.profile.made import stacks

PARSE = "loads (/usr/lib/python3.11/json/__init__.py:10)"


def profile(name, *paths):
    with ds.start_run(name, kind="profile") as run:
        if paths:
            run.emit(stacks(*paths))
    return run.record


def before_and_after():
    before = profile("before", (["<module> (cell 7:1)", "read (cell 7:5)", PARSE], 6.0), (["<module> (cell 7:2)"], 4.0))
    after = profile("after", (["<module> (cell 9:1)", "read (cell 9:5)", PARSE], 1.0), (["<module> (cell 9:3)"], 4.0))
    return before, after


def panel(scene, kind):
    return next(each for each in scene.panels if isinstance(each, kind))


def test_the_title_says_how_much_faster_the_second_is(runs):
    assert ds.compare(*before_and_after()).title == "after takes 5 s, 2 times as fast as before (10 s)"


def test_the_function_that_changed_most_is_said_and_an_edited_cell_is_the_same_code(runs):
    scene = ds.compare(*before_and_after())

    assert scene.panels[0].lines == ["loads (json/__init__.py) shrank most: 6 s before, 1 s after."]
    assert panel(scene, Table).rows == [["loads (json/__init__.py)", 6.0, 1.0, "−5 s"]]


def test_boxes_of_the_second_say_what_changed(runs):
    flame = panel(ds.compare(*before_and_after()), Flame)

    assert flame.names == ["−5 s: top level (your code)", "−5 s: read (your code)", "−5 s: loads (json/__init__.py)"]
    assert flame.weight == [5.0, 1.0, 1.0]


def test_what_was_not_there_is_new(runs):
    _, after = before_and_after()
    newer = profile("newer", (["<module> (cell 9:1)", "read (cell 9:5)", PARSE], 1.0), (["other (cell 9:8)"], 4.0))

    assert "+4 s new: other (your code)" in panel(ds.compare(after, newer), Flame).names


def test_a_profile_and_itself_again_have_no_changes(runs):
    before, _ = before_and_after()

    scene = ds.compare(before, profile("again", (["<module> (cell 7:1)", "read (cell 7:5)", PARSE], 10.0)))

    assert scene.title == "again takes as long as before: 10 s"


@pytest.mark.parametrize("count", [1, 3])
def test_two_are_compared(runs, count):
    with pytest.raises(UsageError, match="Two profiles are compared"):
        ds.compare(*[profile(f"p{number}", (["a (b.py:1)"], 1.0)) for number in range(count)])


def test_a_profile_without_samples_is_said(runs):
    with pytest.raises(UsageError, match="no samples"):
        ds.compare(profile("one", (["a (b.py:1)"], 1.0)), profile("empty"))


def test_the_comparison_of_two_large_profiles_has_less_than_50_kb(runs):
    def large(name, weight):
        paths = [([f"function_{n} (m{n}.py:1)", f"inner_{n} (m{n}.py:2)"] * 10, weight) for n in range(600)]
        return profile(name, *paths)

    assert len(msgspec.json.encode(ds.compare(large("one", 0.01), large("two", 0.02)))) < 50_000


def test_the_command_line_compares_profiles(runs, capsys):
    before, after = before_and_after()

    assert main(["compare", before.id, after.id]) == 0

    assert "2 times as fast" in capsys.readouterr().out
