"""What the in-process sampler says of a program whose parts are known."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.profile import profile_of
from ds_notebook.profile.folded import Profile

SHARES = {"first": 0.35, "second": 0.30, "third": 0.20, "fourth": 0.15}


def work(seconds: float) -> None:
    """Keeps a core busy for so many seconds by the thread's own clock."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(100))


def first(seconds: float) -> None:
    work(seconds)


def second(seconds: float) -> None:
    work(seconds)


def third(seconds: float) -> None:
    work(seconds)


def fourth(seconds: float) -> None:
    work(seconds)


ROUND_S = 0.37
"""Not the time between two writes of the samples, or these would meet the same part each time."""


def in_rounds(total_s: float) -> Profile:
    """The four parts in turn."""
    with ds.profiled("known shares") as run:
        for _ in range(round(total_s / ROUND_S)):
            for part in (first, second, third, fourth):
                part(ROUND_S * SHARES[part.__name__])
    return profile_of(run.record)


def cpu_shares(profile: Profile) -> dict[str, float]:
    seconds = dict.fromkeys(SHARES, 0.0)
    for stack in profile.main():
        for frame in stack.frames:
            if frame.function in seconds:
                seconds[frame.function] += stack.cpu_s
    return {name: value / sum(seconds.values()) for name, value in seconds.items()}


def lines_of(profile: Profile, function: str) -> set[str]:
    frames = {frame for stack in profile.stacks for frame in stack.frames if frame.function == function}
    return {profile.line(frame).strip() for frame in frames}


def test_shares_are_those_of_the_program(runs: Path) -> None:
    shares = cpu_shares(in_rounds(5.0))  # with 300 samples one in thirty runs is further off by chance

    assert shares == pytest.approx(SHARES, abs=0.06)


@pytest.mark.soak
def test_shares_are_within_three_points_after_ten_seconds(runs: Path) -> None:
    shares = cpu_shares(in_rounds(10.0))

    print({name: f"{share:.3f}" for name, share in shares.items()})
    assert shares == pytest.approx(SHARES, abs=0.03)


BLOCK = b"x" * 3000
"""So large that its hash gives the GIL up for a moment."""


def between_hashes(number: int) -> int:
    total = 0
    for each in range(number):
        total += each * each % 7
    return total


def test_a_loop_that_gives_the_gil_up_for_a_moment_is_seen_where_it_computes(runs: Path) -> None:
    with ds.profiled() as run:
        end = time.thread_time() + 1.0
        while time.thread_time() < end:
            between_hashes(6000)
            hashlib.sha256(BLOCK)

    truth = cpu_s_of(lambda: between_hashes(6000)) / cpu_s_of(lambda: (between_hashes(6000), hashlib.sha256(BLOCK)))
    profile = profile_of(run.record)
    seconds = [(stack.wall_s, stack.frames[-1].function == "between_hashes") for stack in profile.main()]
    seen = sum(each for each, there in seconds if there) / sum(each for each, _ in seconds)
    assert seen == pytest.approx(truth, abs=0.2)
    assert profile.observed.samples > 50


def cpu_s_of(work: Callable[[], object]) -> float:
    """Where nothing came between, as the shortest of some rounds shows."""

    def round_s() -> float:
        begun = time.thread_time()
        for _ in range(40):
            work()
        return time.thread_time() - begun

    return min(round_s() for _ in range(7))


def test_the_switch_interval_is_left_as_it_was(runs: Path) -> None:
    before_s = sys.getswitchinterval()
    with ds.profiled():
        work(0.05)

    assert sys.getswitchinterval() == before_s


def test_a_switch_interval_that_the_code_sets_is_its_own(runs: Path) -> None:
    before_s = sys.getswitchinterval()
    try:
        with ds.profiled():
            sys.setswitchinterval(0.02)
            work(0.05)

        assert sys.getswitchinterval() == pytest.approx(0.02)
    finally:
        sys.setswitchinterval(before_s)


def test_seconds_of_the_main_thread_add_up_to_those_on_the_clock(runs: Path) -> None:
    with ds.profiled() as run:
        work(0.2)
        time.sleep(0.2)

    profile = profile_of(run.record)
    assert sum(stack.wall_s for stack in profile.main()) == pytest.approx(profile.wall_s, abs=0.05)


def test_waiting_has_seconds_on_the_clock_and_none_with_a_core(runs: Path) -> None:
    with ds.profiled() as run:
        time.sleep(0.4)

    (stack,) = profile_of(run.record).main()
    assert stack.wall_s > 0.35 and stack.cpu_s < 0.05


def test_the_line_that_ran_is_the_users_and_what_stands_above_is_left_out(runs: Path) -> None:
    with ds.profiled() as run:
        first(0.3)

    profile = profile_of(run.record)
    assert lines_of(profile, "first") == {"work(seconds)"}
    assert profile.main()[0].frames[0].function.startswith("test_the_line_that_ran")


def test_threads_of_the_users_are_lanes_of_their_own(runs: Path) -> None:
    threads = [threading.Thread(target=work, args=(0.3,), name="mine") for _ in range(2)]
    with ds.profiled() as run:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    lanes = {stack.lane for stack in profile_of(run.record).stacks}
    assert lanes == {"main", "thread mine", "thread mine 2"}


def test_a_thread_that_came_and_went_between_two_samples_does_no_harm(runs: Path) -> None:
    with ds.profiled() as run:
        end = time.perf_counter() + 3.0  # so many new threads leave the sampler few turns
        while time.perf_counter() < end:
            threading.Thread(target=work, args=(0.001,)).start()

    observed = profile_of(run.record).observed
    assert observed.samples > 20 and observed.remarks == []


def test_a_gap_in_which_the_gil_was_held_belongs_to_the_line_that_held_it(runs: Path) -> None:
    """In most cases: where a third thread gets the GIL first, the main one has gone on when the sampler looks."""
    holding = ctypes.PyDLL(None)  # calls C without letting go of the GIL
    with ds.profiled() as run:
        for _ in range(10):
            holding.usleep(80_000)
            work(0.02)

    profile = profile_of(run.record)
    held = [stack for stack in profile.main() if "usleep" in profile.line(stack.frames[-1])]
    assert profile.observed.longest_gap_s > 0.07
    assert sum(stack.wall_s for stack in held) > 0.2


TRAINING = """
import time
import torch
from torch import nn
import ds_notebook as ds
torch.set_num_threads(1)
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 26 * 26, 10))
inputs, targets = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
end = time.perf_counter() + 4
with ds.profiled(rate_hz=1000):
    while time.perf_counter() < end:
        nn.functional.cross_entropy(model(inputs), targets).backward()
"""


def test_a_look_in_the_middle_of_a_collection_does_not_take_the_process_down(runs: Path) -> None:
    done = subprocess.run([sys.executable, "-c", TRAINING], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_collector_is_left_as_it_was(runs: Path) -> None:
    gc.disable()
    try:
        with ds.profiled():
            work(0.1)
        assert not gc.isenabled()
    finally:
        gc.enable()
    with ds.profiled():
        work(0.1)
    assert gc.isenabled()


def test_deep_recursion_is_cut_and_counted(runs: Path) -> None:
    def down(depth: int) -> None:
        if depth:
            down(depth - 1)
        else:
            work(0.2)

    with ds.profiled() as run:
        down(900)

    assert max(len(stack.frames) for stack in profile_of(run.record).main()) <= 256


def test_an_error_passes_through_and_the_profile_is_kept(runs: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught, ds.profiled() as run:
        work(0.1)
        print(1 / 0)

    assert caught.traceback[0].path == Path(__file__)
    assert run.record.state == "failed" and profile_of(run.record).main()


def test_an_inner_profile_is_a_part_of_the_outer(runs: Path) -> None:
    with ds.profiled("outer") as outer:
        with ds.profiled("inner") as inner:
            work(0.05)
        assert outer.status is None

    assert inner is outer and len(ds.runs()) == 1


def test_two_threads_that_begin_at_once_share_one_profile(runs: Path) -> None:
    at_once, seen = threading.Barrier(2), []

    def profile() -> None:
        at_once.wait()
        with ds.profiled() as run:
            seen.append(run.id)
            at_once.wait()

    threads = [threading.Thread(target=profile) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 2 and len(set(seen)) == 1


def test_an_option_that_is_not_known_is_said(runs: Path) -> None:
    with pytest.raises(ds.UsageError, match="not known to this version"), ds.profiled(rate=3):
        pass
