"""Processes that the profiled code starts: each is seen, told apart, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.profile import profile_of
from ds_notebook.profile.apart import profile_program
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.folded import Profile

BUSY = """
import os, sys, time

def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(range(100))
"""


@pytest.fixture
def profile(tmp_path: Path, runs: Path) -> Callable[[str], Profile]:
    """Profiles a program's text, which may use `busy`."""

    def of(text: str) -> Profile:
        program = tmp_path / "prog.py"
        program.write_text(BUSY + text)
        record, status = profile_program(["python", str(program)], ProfileConfig())
        assert status == 0
        return profile_of(record)

    return of


def lanes(profile: Profile, function: str) -> set[str]:
    """Lanes in which a function was seen, without the numbers of processes."""
    found = [stack.lane.split(" ") for stack in profile.stacks if function in [each.function for each in stack.frames]]
    return {" ".join([lane[0], *lane[2:]] if lane[0] == "process" else lane) for lane in found}


def test_workers_of_a_pool_are_seen_by_their_names(profile: Callable[[str], Profile]) -> None:
    seen = profile(
        "import multiprocessing\n"
        "def work(i): busy(0.4)\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    pool.map(work, range(2))\n"
        "    pool.close(); pool.join()\n"
    )

    assert lanes(seen, "work") == {"process ForkPoolWorker-1", "process ForkPoolWorker-2"}
    roots = {stack.frames[0].function for stack in seen.stacks if stack.lane.startswith("process")}
    assert "<module>" not in roots, "what the parent was doing when it forked is not the child's"


def test_workers_of_a_loader_are_seen_as_such(profile: Callable[[str], Profile]) -> None:
    seen = profile(
        "import torch\n"
        "from torch.utils.data import DataLoader, Dataset\n"
        "class Rows(Dataset):\n"
        "    def __len__(self): return 24\n"
        "    def __getitem__(self, i): busy(0.03); return torch.zeros(2)\n"
        "for _ in DataLoader(Rows(), batch_size=4, num_workers=2, multiprocessing_context='fork'): pass\n"
    )

    assert lanes(seen, "Rows.__getitem__") == {"process loader worker 0", "process loader worker 1"}
    (loader,) = seen.observed.loaders
    assert (loader.num_workers, loader.batch_size, loader.batches, loader.iterators) == (2, 4, 6, 1)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_workers_with_a_python_of_their_own_are_seen_as_well(profile: Callable[[str], Profile], method: str) -> None:
    seen = profile(
        "import multiprocessing\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "def work(i): busy(0.4)\n"
        "if __name__ == '__main__':\n"
        f"    context = multiprocessing.get_context({method!r})\n"
        "    with ProcessPoolExecutor(2, mp_context=context) as pool:\n"
        "        list(pool.map(work, range(4)))\n"
    )

    kinds = {lane.rstrip("0123456789") for lane in lanes(seen, "work")}
    assert kinds == {"process SpawnProcess-" if method == "spawn" else "process ForkServerProcess-"}
    assert sum(stack.wall_s for stack in seen.stacks if "work" in [each.function for each in stack.frames]) > 0.8


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_objects_of_the_programs_own_classes_come_back_from_them(tmp_path: Path, runs: Path, method: str) -> None:
    program = tmp_path / "prog.py"
    program.write_text(
        "import multiprocessing\n"
        "class Answer: pass\n"
        "def answer(i): return Answer()\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context({method!r}).Pool(1) as pool:\n"
        "        print([type(each) is Answer for each in pool.map_async(answer, range(2)).get(timeout=20)])\n"
    )
    command = [sys.executable, "-m", "ds_notebook.cli", "profile", "--", "python", str(program)]

    assert subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.startswith("[True, True]")


def test_a_plain_fork_goes_on_where_its_parent_was(profile: Callable[[str], Profile]) -> None:
    seen = profile(
        "child = os.fork()\n"
        "def of_the_child(): busy(0.4)\n"
        "if child == 0:\n"
        "    of_the_child()\n"
        "    sys.exit(0)\n"
        "os.waitpid(child, 0)\n"
    )

    assert lanes(seen, "of_the_child") == {"process"}
    assert seen.observed.children_cpu_s > 0.1


def test_a_child_that_is_killed_leaves_what_it_had_written(profile: Callable[[str], Profile]) -> None:
    seen = profile(
        "import signal\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    busy(30)\n"
        "time.sleep(1.0)\n"
        "os.kill(child, signal.SIGKILL)\n"
        "os.waitpid(child, 0)\n"
    )

    seconds = sum(stack.wall_s for stack in seen.stacks if stack.lane.startswith("process"))
    assert 0.3 < seconds < 1.5


def test_a_program_that_is_killed_is_judged_by_what_it_had_written(tmp_path: Path, runs: Path) -> None:
    program = tmp_path / "prog.py"
    program.write_text(BUSY + "import signal\nbusy(1.5)\nos.kill(os.getpid(), signal.SIGKILL)\n")

    record, status = profile_program(["python", str(program)], ProfileConfig())

    seen = profile_of(record)
    assert status == 128 + signal.SIGKILL and record.state == "lost"
    assert sum(stack.wall_s for stack in seen.main()) > 0.5 and str(program) in seen.sources


def test_two_profiles_in_two_processes_do_not_meet(tmp_path: Path, runs: Path) -> None:
    program = tmp_path / "prog.py"
    program.write_text(
        BUSY + "import ds_notebook as ds\n"
        "child = os.fork()\n"
        "with ds.profiled('child' if child == 0 else 'parent'):\n"
        "    (busy if child == 0 else time.sleep)(0.4)\n"
        "child and os.waitpid(child, 0)\n"
    )

    subprocess.run([sys.executable, str(program)], check=True)

    by_name = {record.started.name: profile_of(record) for record in ds.runs() if record.started}
    assert set(by_name) == {"child", "parent"}
    assert {stack.lane for each in by_name.values() for stack in each.stacks} == {"main"}
    assert lanes(by_name["child"], "busy") == {"main"} and lanes(by_name["parent"], "busy") == set()


def test_no_process_of_ours_is_left(profile: Callable[[str], Profile]) -> None:
    began_s = time.monotonic()
    profile("busy(0.1)\n")

    assert time.monotonic() - began_s < 20  # and the suite's own look at what is left behind
