"""What a profile says and shows, from its events."""

from __future__ import annotations

import random

import msgspec
import pytest

from ds_notebook.draw import Bars, Flame, Table, Text, Timeline, svg
from ds_notebook.profile.merged import MOST_PATHS, Merged
from ds_notebook.profile.view import ProfileView
from ds_notebook.record.events import Decision, Note, RunEnded, Stacks
from tests.profile.made import CELL, TORCH, ended, finding, scene_of, stacks, started, words_of

SLOW, SUM = "slow (cell 7:9)", "sum (/usr/lib/python3/site-packages/numpy/core.py:5)"
BACKWARD = f"Tensor.backward ({TORCH}/_tensor.py:600)"


def panel(scene, kind):
    return next(each for each in scene.panels if isinstance(each, kind))


def first_line(*events):
    return panel(scene_of(*events), Text).lines[0]


def test_the_title_says_the_state_the_time_the_rate_and_the_sampler():
    how = Decision(policy="capture", subject="profile", verdict="the in-process sampler")

    scene = scene_of(started(), how, stacks(([CELL, SLOW], 12.3)), ended())

    assert scene.title == "profile of slow(df): finished, 12.3 s at 100 Hz by the in-process sampler"


def test_the_first_line_is_the_answer_with_the_expected_and_the_measured_gain():
    said = first_line(started(), stacks(([CELL], 1.0)), finding(measured_gain_pct=110.0), ended())

    assert said == (
        "61% of the time waits for data (cell 7, line 3: `for x in loader:`). Let two workers load it. "
        "Expected: 2.3x. Measured: 2.1x."
    )


def test_a_promise_of_more_than_tenfold_is_one_of_tenfold_or_more():
    said = first_line(started(), stacks(([CELL], 1.0)), finding(gain_pct=900.0), ended())

    assert said.endswith("Expected: 10x or more.")


def test_the_most_promising_finding_comes_first():
    scene = scene_of(started(), finding("python-loop", 20.0), finding("data-wait", 130.0), ended())

    assert [row[0] for row in panel(scene, Table).rows] == ["data-wait", "python-loop"]


def test_code_that_the_evidence_shows_is_not_said_twice():
    told = msgspec.structs.replace(finding(), evidence="61% of the time is in for x in loader:.")

    assert first_line(started(), told, ended()).startswith("61% of the time is in for x in loader: (cell 7, line 3).")


def test_a_finding_that_was_measured_later_takes_the_place_of_the_first():
    scene = scene_of(started(), finding(), finding(measured_gain_pct=0.0), ended())

    assert [row[3:5] for row in panel(scene, Table).rows] == [["2.3x", "1x"]]


def test_nothing_to_fix_is_an_answer_and_says_what_is_largest():
    said = first_line(started(), stacks(([CELL, SLOW], 9.0), ([CELL], 91.0)), ended())

    assert said == (
        "Nothing worth fixing here: the largest single line has 91% of the time (cell 7, line 3), and no rule expects "
        "5% from a change."
    )


@pytest.mark.parametrize(("status", "said"), [("failed", "Until it failed"), ("finished", "Nothing worth fixing")])
def test_what_no_rule_may_have_seen_is_not_called_healthy(status, said):
    scene = scene_of(started(), stacks(([CELL], 1.0)), RunEnded(at=1.0, status=status))

    assert panel(scene, Text).lines[0].startswith(said)


def test_a_profile_that_goes_on_does_not_judge_yet():
    assert first_line(started(), stacks(([CELL, SLOW], 1.0))) == (
        "So far the largest single line has 100% of the time (cell 7, line 9, in `slow`)."
    )


def test_no_command_is_offered_as_the_profiled_code_looks_for_none():
    assert scene_of(started(), stacks(([CELL], 1.0))).commands == []


def test_an_error_of_the_profiled_code_stands_above_the_answer():
    failed = RunEnded(at=1.0, status="failed", error="ValueError: no")

    assert first_line(started(), stacks(([CELL], 1.0)), failed) == "ValueError: no"


def test_code_to_paste_keeps_its_indentation():
    scene = scene_of(started(), finding(fix="for x in loader:\n    use(x)\n"), ended())

    paste = next(each for each in scene.panels if each.heading.startswith("To paste"))
    assert paste.lines == ["for x in loader:", "    use(x)"]
    assert '<text x="22"' in svg(scene)  # four blanks


def test_notes_of_the_capture_are_told():
    assert "py-spy was refused" in words_of(started(), Note(level="info", text="py-spy was refused."), ended())


def test_boxes_are_functions_whatever_their_line():
    flame = panel(
        scene_of(started(), stacks(([CELL, "slow (cell 7:9)"], 1.0), ([CELL, "slow (cell 7:8)"], 2.0))), Flame
    )

    assert (flame.names, flame.weight) == (["cell 7", "slow (cell 7)"], [3.0, 3.0])


def test_what_only_started_the_code_is_gone():
    launching = ["_bootstrap (/usr/lib/python3.11/threading.py:1)", "run (/usr/lib/python3.11/threading.py:2)"]

    flame = panel(scene_of(started(), stacks(([*launching, SLOW], 1.0))), Flame)

    assert flame.names == ["slow (cell 7)"]


def test_several_lanes_are_the_first_level():
    scene = scene_of(started(), stacks(([CELL], 3.0)), stacks(([SLOW], 1.0), lane="thread loader"))

    flame = panel(scene, Flame)
    assert [flame.names[name] for name, below in zip(flame.name, flame.parent, strict=True) if below < 0] == [
        "main thread",
        "thread loader",
    ]
    assert "4 s" in svg(scene) and scene.title.endswith("running, 3 s at 100 Hz")


def test_the_hottest_lines_are_the_users_own_with_what_they_call():
    scene = scene_of(started(), stacks(([CELL, SLOW, SUM], 3.0), ([CELL], 1.0)), ended())

    assert panel(scene, Table).rows == [
        ["cell 7, line 9", "slow", 3.0, 75.0, "sum (numpy/core.py)"],
        ["cell 7, line 3", "<module>", 1.0, 25.0, ""],
    ]


def test_a_program_is_shown_over_time_by_the_functions_where_its_course_divides():
    load, fit = "load (cell 7:1)", "fit (cell 7:2)"
    scene = scene_of(
        started(), stacks(([CELL, "main (cell 7:20)", load], 1.0), ([CELL, "main (cell 7:21)", fit, SUM], 3.0))
    )

    line = panel(scene, Timeline)

    assert [block.kind for block in line.blocks] == ["load (cell 7)", "fit (cell 7)"]
    assert line.blocks[0].end == pytest.approx(1.0, abs=0.05)


def test_a_training_is_shown_by_its_phases():
    forward = f"Linear.forward ({TORCH}/nn/modules/linear.py:1)"
    scene = scene_of(started(), stacks(([CELL, forward], 1.0), ([CELL, BACKWARD], 2.0), ([CELL], 1.0)))

    bars = panel(scene, Bars)

    assert dict(zip(bars.names, bars.values, strict=True)) == {"forward": 25.0, "backward": 50.0, "unknown": 25.0}


def test_an_imported_profile_has_no_time_line():
    event = msgspec.structs.replace(stacks(([CELL], 1.0)), order=[], gaps_s=[])

    assert not any(isinstance(each, Timeline) for each in scene_of(started(), event).panels)


def test_a_scene_of_a_great_many_stacks_has_less_than_50_kb():
    chance = random.Random(0)
    names = [f"a_rather_long_name_of_a_function_{number} (module{number % 50}.py:{number})" for number in range(2000)]
    paths = [([CELL, *chance.choices(names, k=chance.randint(2, 40))], chance.random()) for _ in range(2000)]

    scene = scene_of(started(), stacks(*paths), *(finding(f"code-{number}", fix="x\n" * 50) for number in range(30)))

    assert len(msgspec.json.encode(scene)) < 50_000


def test_a_view_of_endless_new_stacks_stays_bounded_and_loses_no_time():
    merged = Merged(most_paths=100)
    for number in range(50):
        merged.add(stacks(*(([CELL, f"f{number}_{place} (a.py:1)"] * 9, 0.01) for place in range(20))))

    assert sum(1 for _ in merged.paths("main")) <= 120 < MOST_PATHS
    assert merged.wall_s == pytest.approx(10.0)


def test_a_live_view_gives_the_scene_of_the_whole_record():
    events = [started(), *(stacks(([CELL, SLOW], 0.5), ([CELL], 0.5), at=float(second)) for second in range(20))]
    live = ProfileView()
    for event in events:
        live.add(event)
        live.scene()

    assert live.scene() == scene_of(*events)


def test_nothing_at_all_is_a_scene():
    assert first_line(started(), ended()).startswith("No sample was taken")
    assert scene_of().title == "profile of run: queued, 0 s"


def test_a_stack_without_frames_spoils_nothing():
    drawn = scene_of(started(), Stacks(frames=[], stacks=[[]], weights_s=[1.0]), ended())

    assert drawn.title.startswith("profile of")
