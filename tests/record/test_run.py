"""What a loop says through its run is in the record, as it was when it was said."""

from __future__ import annotations

import gc
import os
import shutil
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import ds_notebook as ds
from ds_notebook.record import Run
from ds_notebook.record.events import Metrics, Span, Usage


def wait_for(what: Callable[[], Any], within_s: float) -> float:
    """Seconds until `what` is true; fails after `within_s`."""
    begun = time.perf_counter()
    while not what():
        assert time.perf_counter() - begun < within_s, "waited in vain"
        time.sleep(0.005)
    return time.perf_counter() - begun


def logged(run: Run, name: str = "loss") -> list[float]:
    return run.record.columns().get(name, ([], [], []))[2]


def test_a_step_records_its_values_and_its_wait(runs):
    with ds.start_run() as run:
        for batch in run.steps([5, 6]):
            run.log(loss=batch)

    columns = run.record.columns()
    assert columns["loss"][0] == columns["data_wait_s"][0] == [0, 1]
    assert columns["loss"][2] == [5.0, 6.0]


def test_the_wait_is_the_time_that_the_data_took(runs):
    def slow():
        yield 0
        begun = time.perf_counter()
        threading.Event().wait(0.05)
        waited.append(time.perf_counter() - begun)
        yield 1

    waited: list[float] = []
    with ds.start_run() as run:
        list(run.steps(slow()))

    first, second = logged(run, "data_wait_s")
    assert first < 0.05 <= second == pytest.approx(waited[0], abs=0.005)


def test_a_step_without_values_is_a_row_too(runs):
    with ds.start_run() as run:
        for _ in run.steps(range(3)):
            pass

    assert len(logged(run, "data_wait_s")) == 3


def test_several_logs_of_a_step_are_one_row(runs):
    with ds.start_run() as run:
        for _ in run.steps(range(1)):
            run.log(loss=1, lr=2)
            run.log(loss=3)

    (block,) = [event for event in run.record.events() if isinstance(event, Metrics)]
    assert (block.values["loss"], block.values["lr"]) == ([3], [2])


def test_steps_count_on_over_several_loops(runs):
    with ds.start_run() as run:
        for epoch in range(3):
            for _ in run.steps(range(2)):
                run.log(loss=epoch)
            run.log(val_loss=epoch)

    columns = run.record.columns()
    assert columns["loss"][0] == [0, 1, 2, 3, 4, 5]
    assert columns["val_loss"][0] == [2, 4, 6]


def test_a_loop_that_counts_by_itself_says_its_step(runs):
    with ds.start_run() as run:
        for step in (10, 20):
            run.log(step=step, loss=step)

    assert run.record.columns()["loss"][0] == [10, 20]


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        np.float32(1.5),
        np.float64(1.5),
        np.array(1.5),
        np.array([1.5]),
        torch.tensor(1.5),
        torch.tensor([1.5], dtype=torch.bfloat16),
        torch.tensor(1.5, requires_grad=True),
    ],
    ids=repr,
)
def test_one_number_of_any_kind_is_logged(runs, value):
    with ds.start_run() as run:
        run.log(loss=value)

    assert logged(run) == [1.5]


@pytest.mark.parametrize("value", [3, True, np.int64(3), torch.tensor(3)], ids=repr)
def test_whole_numbers_are_logged(runs, value):
    with ds.start_run() as run:
        run.log(loss=value)

    assert logged(run) == [float(value)]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (torch.zeros(2, 3), r"a Tensor of shape \(2, 3\)"),
        (np.zeros(2), r"a ndarray of shape \(2,\)"),
        (torch.tensor(1j), r"a Tensor of shape \(\)"),
        ([1.0], r"a list: \[1.0\]"),
        ("3.5", "a str: '3.5'"),
        (None, "a NoneType: None"),
    ],
)
def test_what_is_not_one_number_is_refused_in_a_sentence(runs, value, what):
    with ds.start_run() as run, pytest.raises(ds.UsageError, match=rf"log\(loss=...\) takes one number, got {what}"):
        run.log(loss=value)


@pytest.mark.parametrize("make", [torch.tensor, np.array])
def test_a_value_changed_in_place_afterwards_is_recorded_as_it_was(runs, make):
    value = make(1.0)
    with ds.start_run() as run:
        for _ in run.steps(range(3)):
            run.log(loss=value)
            value += 1

    assert logged(run) == [1.0, 2.0, 3.0]


def test_a_value_on_a_device_that_breaks_does_not_keep_the_run_from_ending(runs):
    with ds.start_run() as run:
        run.log(loss=torch.zeros((), device="meta"))  # like a device after a fault: its numbers cannot be read

    assert np.isnan(logged(run)) and run.record.state == "finished"


@pytest.mark.parametrize("within", ["a long step", "the time between two loops"])
def test_rows_are_written_within_half_a_second_in(runs, within):
    with ds.start_run() as run:
        for step in run.steps(range(3)):
            run.log(loss=step)
            if step == 2 and within == "a long step":
                seconds = wait_for(lambda: logged(run) == [0, 1], 5)
        if within != "a long step":
            seconds = wait_for(lambda: logged(run) == [0, 1, 2], 5)

    assert seconds <= 0.5


def test_a_row_right_after_a_write_is_on_the_disk_within_half_a_second(runs):
    slowest = 0.0
    with ds.start_run() as run:
        for number in range(4):
            wait_for(lambda: time.perf_counter_ns() > run._next_flush, 5)
            run.log(loss=2 * number)  # written at once
            run.log(loss=2 * number + 1)  # left to the thread
            slowest = max(slowest, wait_for(lambda: len(logged(run)) == 2 * number + 2, 5))  # noqa: B023

    assert slowest <= 0.5


def test_sampling_comes_about_four_times_a_second(runs):
    num_samples, begun, one_ms = 0, time.perf_counter(), threading.Event()
    with ds.start_run() as run:
        for _ in run.steps(iter(lambda: time.perf_counter() - begun < 1.2, False)):
            num_samples += run.sampling
            one_ms.wait(0.001)

    assert 3 <= num_samples <= 5


def test_sampling_lasts_for_one_step(runs):
    samples = []
    with ds.start_run() as run:
        for _ in run.steps(iter(lambda: sum(samples) < 2, False)):
            samples.append(run.sampling)

    assert (True, True) not in pairwise(samples)


@pytest.mark.parametrize("leave", ["break", "error"])
def test_the_last_row_is_kept_when_the_loop_is_left_by(runs, leave):
    with ds.start_run() as run:
        try:
            for step in run.steps(range(9)):
                run.log(loss=step)
                if step == 2 and leave == "break":
                    break
                if step == 2:
                    raise ValueError
        except ValueError:
            pass
        run.log(after=1)

    columns = run.record.columns()
    assert columns["loss"][0] == [0, 1, 2]
    assert columns["after"][0] == [3]


def test_spans_have_name_lane_step_and_duration(runs):
    with ds.start_run() as run, run.span("epoch"):
        for _ in run.steps(range(2)):
            with run.span("forward", lane="gpu"):
                threading.Event().wait(0.01)

    spans = sorted((event for event in run.record.events() if isinstance(event, Span)), key=lambda span: span.at)
    assert [(span.name, span.lane, span.step) for span in spans] == [
        ("epoch", "main", None),
        ("forward", "gpu", 0),
        ("forward", "gpu", 1),
    ]
    assert spans[0].duration_s >= spans[1].duration_s + spans[2].duration_s >= 0.02


def test_a_span_that_an_error_leaves_is_recorded(runs):
    with pytest.raises(ValueError), ds.start_run() as run, run.span("forward"):
        raise ValueError

    assert [event.name for event in run.record.events() if isinstance(event, Span)] == ["forward"]


def test_times_of_rows_and_events_are_of_one_clock(runs):
    with ds.start_run() as run:
        before = time.time()
        run.log(loss=1)
        after = time.time()

    assert before - 0.002 <= run.record.columns()["loss"][1][0] <= after + 0.002


def test_usage_of_the_process_is_sampled(runs):
    with ds.start_run() as run:
        wait_for(lambda: any(isinstance(event, Usage) for event in run.record.events()), 5)

    assert any(isinstance(event, Usage) and event.device == "process" for event in run.record.events())


def test_a_sample_that_comes_after_the_end_is_dropped(runs):
    with ds.start_run() as run:
        pass
    run._write_usage({"process": {"memory_bytes": 1.0}})

    assert len(list(run.path.glob("events-*"))) == 1


def test_what_is_logged_after_the_end_is_said_to_be_lost_and_stops_nothing(runs):
    with ds.start_run() as run:
        pass
    with pytest.warns(UserWarning, match=f"Run {run.id} has ended: what is logged now is not in its record"):
        run.log(loss=1)
        assert len(list(run.steps(range(3)))) == 3

    assert logged(run) == [] and run._rows == []


def test_a_note_after_the_end_is_in_the_record_and_leaves_no_file_open(runs):
    with ds.start_run() as run:
        pass
    run.note("looked at later")

    assert run.record.notes[-1].text == "looked at later"
    assert run._journal._file is None


def test_a_run_shows_its_state(runs):
    with ds.start_run() as run:
        during = repr(run)

    assert (during, repr(run)) == (f"<run {run.id}: running>", f"<run {run.id}: finished>")


def test_threads_log_at_once_without_losing_a_value(runs):
    with ds.start_run() as run:
        threads = [threading.Thread(target=lambda: [run.log(loss=number) for number in range(2000)]) for _ in range(3)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    assert sorted(logged(run)) == sorted([*range(2000)] * 3)


def test_a_deleted_folder_does_not_stop_the_loop(runs):
    with ds.start_run() as run:
        shutil.rmtree(run.path)
        deadline = time.perf_counter() + 0.3
        for _ in run.steps(iter(lambda: time.perf_counter() < deadline, False)):
            run.log(loss=1)
        run.save_blob("weights", b"1", kind="weights")

    assert run.status == "finished"


def test_dropping_the_object_ends_the_run_and_gives_its_files_back(runs):
    before = os.listdir("/proc/self/fd")
    run = ds.start_run()
    record = run.record
    del run
    gc.collect()

    assert record.state == "interrupted" and "dropped" in record.ended.error
    assert os.listdir("/proc/self/fd") == before


def test_sampling_ends_with_the_next_log_of_a_loop_that_counts_by_itself(runs):
    sampled = 0
    with ds.start_run() as run:
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.6:
            run.log(loss=1.0)
            sampled += run.sampling

    assert 1 <= sampled <= 4
