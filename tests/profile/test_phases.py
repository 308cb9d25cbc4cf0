"""What a stack was busy with, and where the steps of a loop went."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ds_notebook as ds
from ds_notebook.draw import Bars, Text, Timeline
from ds_notebook.profile.folded import Frame
from ds_notebook.profile.merged import Weight
from ds_notebook.profile.phases import PHASES, phase_of, phase_of_span
from ds_notebook.profile.steps import Piece, Sample, Step, parts_of, steps_of
from ds_notebook.profile.steps_view import steps_scene
from ds_notebook.record.events import Decision, Metrics, Span
from tests.profile.made import TORCH, stacks

CELL = "<module> (cell 7:3)"
CALL = f"Module._call_impl ({TORCH}/nn/modules/module.py:1)"
LINEAR = f"Linear.forward ({TORCH}/nn/modules/linear.py:1)"
BACKWARD = f"Tensor.backward ({TORCH}/_tensor.py:1)"
ADAM = f"Adam.step ({TORCH}/optim/adam.py:1)"
NEXT = f"_BaseDataLoaderIter.__next__ ({TORCH}/utils/data/dataloader.py:1)"
REDUCE = f"all_reduce ({TORCH}/distributed/distributed_c10d.py:1)"
TO = f"Module.to ({TORCH}/nn/modules/module.py:1)"
WRITE = "OutStream.write (/usr/lib/python3/site-packages/ipykernel/iostream.py:1)"
WAIT = "Condition.wait (/usr/lib/python3.11/threading.py:1)"
USERS = "step (cell 7:9)"


def phase(*frames, weight=None, line=""):
    return phase_of(map(Frame.parse, frames), weight, line)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([CELL, CALL, "Net.forward (cell 7:9)", CALL, LINEAR], "forward"),
        ([CELL, BACKWARD], "backward"),
        ([CELL, BACKWARD, "Square.backward (cell 7:9)", CALL, LINEAR], "backward"),
        ([CELL, ADAM], "optimizer"),
        ([CELL, ADAM, "closure (cell 7:9)", CALL, LINEAR], "forward"),
        ([CELL, NEXT, "Data.__getitem__ (cell 7:9)", CALL, LINEAR], "data wait"),
        ([CELL, BACKWARD, REDUCE], "communication"),
        ([CELL, TO], "host to device"),
        ([CELL, USERS, WRITE], "logging"),
        ([CELL, WAIT], "idle"),
        ([CELL, USERS], "unknown"),
        (["<module> (cell 7:1)", "_load (<frozen importlib._bootstrap>:1)", ADAM], "unknown"),
        ([], "unknown"),
    ],
)
def test_a_stack_tells_its_phase(frames, expected):
    assert phase(*frames) == expected


def test_a_thread_without_a_core_is_idle():
    assert phase(CELL, USERS, weight=Weight(1.0, 0.01)) == "idle"
    assert phase(CELL, USERS, weight=Weight(1.0, 0.9)) == "unknown"


def test_a_line_without_a_call_is_pythons_own_work():
    assert phase(CELL, USERS, line="    total += x * y") == "Python overhead"
    assert phase(CELL, USERS, line="    total += slow(x)") == "unknown"


@pytest.mark.parametrize(("name", "expected"), [("Forward_pass", "forward"), ("data", "data wait"), ("augment", None)])
def test_a_span_is_a_phase_by_its_name(name, expected):
    assert phase_of_span(name) == expected


FRAMES = st.sampled_from([CELL, CALL, LINEAR, BACKWARD, ADAM, NEXT, REDUCE, TO, WRITE, WAIT, USERS, "odd", ""])


@given(st.lists(FRAMES, max_size=12), st.text())
def test_any_stack_has_one_of_the_phases(frames, line):
    assert phase(*frames, line=line) in PHASES


TIMES = st.floats(0, 100, allow_nan=False)
PIECES = st.builds(lambda name, start, long: Piece(name, start, start + long), st.text(max_size=3), TIMES, TIMES)
SAMPLES = st.builds(Sample, st.sampled_from(PHASES), TIMES, st.floats(0, 1))


@st.composite
def loops(draw):
    """Steps one after the other, each after a wait."""
    steps, now = [], 0.0
    for number in range(draw(st.integers(1, 8))):
        wait_s, body_s = draw(st.floats(0, 5)), draw(st.floats(0, 5))
        steps.append(Step(number, wait_s, now + wait_s, now + wait_s + body_s))
        now += wait_s + body_s
    return steps


@given(loops(), st.lists(PIECES, max_size=12), st.lists(SAMPLES, max_size=30))
def test_the_parts_of_a_step_are_its_whole_whatever_was_recorded(steps, spans, samples):
    parts = parts_of(steps, spans, samples)

    whole_s = sum(step.wait_s + step.end - step.start for step in steps)
    assert sum(part.share for part in parts) == (pytest.approx(1.0, abs=0.02) if whole_s > 0 else 0)
    assert all(part.share >= -1e-9 for part in parts)


def shares(parts):
    return {part.name: round(part.share, 3) for part in parts}


STEPS = [Step(0, 1.0, 1.0, 4.0), Step(1, 1.0, 5.0, 8.0)]
"""One second of waiting and three of work, twice."""


def test_the_clock_alone_tells_the_wait_and_the_rest_is_unknown():
    assert shares(parts_of(STEPS, [], [])) == {"data wait": 0.25, "unknown": 0.75}


def test_steps_with_spans_stand_for_all_steps():
    spans = [Piece("forward", 1.0, 2.0), Piece("backward", 2.0, 4.0)]

    assert shares(parts_of(STEPS, spans, [])) == {"data wait": 0.25, "forward": 0.25, "backward": 0.5, "unknown": 0.0}


def test_a_phase_that_was_recorded_in_one_step_stands_for_all_and_other_work_counts_once():
    spans = [Piece("forward", 1.0, 2.5), Piece("checkpoint", 5.0, 5.6)]

    assert shares(parts_of(STEPS, spans, [])) == {
        "data wait": 0.25,
        "forward": 0.375,
        "checkpoint": 0.075,
        "unknown": 0.3,
    }


def test_an_evaluation_between_two_steps_is_no_steps_time():
    rows = Metrics(at=1.0, steps=[0, 1], times_us=[0, 9_000_000], values={"data_wait_s": [0.5, 0.5]})
    epoch, evaluation = Span(at=0.1, name="epoch", duration_s=3.0), Span(at=3.0, name="evaluation", duration_s=6.0)

    assert steps_of([rows, epoch, evaluation]) == [Step(0, 0.5, 1.0, 3.0)]


def test_of_spans_in_one_another_the_inner_one_counts():
    spans = [Piece("step", 1.0, 4.0), Piece("augment", 1.0, 2.0)]

    parts = shares(parts_of(STEPS, spans, []))

    assert (parts["step"], parts["augment"]) == (0.25, 0.125)


def test_samples_divide_what_no_span_covers():
    spans = [Piece("forward", 1.0, 2.0), Piece("forward", 5.0, 6.0)]
    samples = [Sample("forward", 1.5, 0.5), Sample("backward", 3.0, 1.0), Sample("optimizer", 7.0, 1.0)]

    assert shares(parts_of(STEPS, spans, samples)) == {
        "data wait": 0.25,
        "forward": 0.25,
        "backward": 0.25,
        "optimizer": 0.25,
    }


def test_of_steps_that_were_repeated_the_later_ones_count():
    def row(step, at):
        return Metrics(at=at, steps=[step], times_us=[0], values={"data_wait_s": [0.5]})

    back = Decision(policy="rollback", subject="", verdict="applied", evidence={"step": 1})

    assert steps_of([row(0, 1.0), row(1, 2.0), row(2, 3.0), back, row(1, 5.0), row(2, 7.0)]) == [
        Step(0, 0.5, 1.0, 4.5),
        Step(1, 0.5, 5.0, 6.5),
    ]


def slow_batches(count):
    for number in range(count):
        time.sleep(0.004)
        yield number


def a_loop():
    with ds.start_run("my loop") as run:
        for _ in run.steps(slow_batches(12)):
            with run.span("forward"):
                time.sleep(0.001)
            time.sleep(0.002)
    return run.record


def test_the_steps_of_a_loop_of_ones_own_are_a_scene(runs):
    scene = steps_scene(a_loop())

    said, bars, _, line = scene.panels
    assert isinstance(said, Text) and said.lines[0].endswith("% of each step waits for data.")
    assert isinstance(bars, Bars) and bars.names[:2] == ["data wait", "forward"]
    assert isinstance(line, Timeline) and {"data wait", "forward"} <= {block.kind for block in line.blocks}


def test_samples_of_a_profile_in_the_same_process_divide_the_steps(runs):
    record = a_loop()
    first = steps_of(record.events())[0]
    with ds.start_run("%%ds_profile", kind="profile") as profile:
        profile.emit(stacks(([CELL, BACKWARD], 0.8 * (first.end - first.start)), at=first.start))

    bars = next(each for each in steps_scene(record).panels if isinstance(each, Bars))

    assert "backward" in bars.names and "unknown" not in bars.names


def test_a_run_that_has_no_steps_yet_says_how_to_have_them(runs):
    with ds.start_run("nothing") as run:
        scene = steps_scene(run.record)

    assert "run.steps" in scene.panels[0].lines[0]
