"""py-spy beside the process, torch's operators, and what is said where the machine allows neither."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.profile import profile_of
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.spied import events_of

RAW = """\
no line of its
process 7:"python -c a; b
c";thread (7): MainThread;0x7fd5 (/lib/libc.so.6);main (/home/me/prog.py:3);sort (/x/sort.so) 30
process 7:"python -c a; b
c";thread (7): MainThread;main (/home/me/prog.py:4) 10
process 7:"python";thread (9): IOPub;run (/usr/lib/site-packages/ipykernel/iostream.py:9) 40
process 7:"python";thread (8): ds-profile;_run (/x/ds_notebook/profile/capture/sampler.py:9) 40
process 7:"python";process 12:"python";thread (12): MainThread;child (/home/me/prog.py:9) 50
process 7:"python";process 13:"python";thread (13);child (/home/me/prog.py:9) 20
"""


def test_raw_lines_become_lanes_and_the_kernels_own_threads_are_left_out() -> None:
    events = {event.lane: event for event in events_of(RAW, Places(), rate_hz=100, ran={})}

    assert set(events) == {"main", "process 12", "process 13"}
    assert events["main"].frames == ["main (/home/me/prog.py:3)", "sort (/x/sort.so:0)", "main (/home/me/prog.py:4)"]
    assert events["main"].weights_s == [0.3, 0.1]
    assert events["process 12"].weights_s == [0.5]


def test_seconds_of_this_process_are_those_of_its_clocks() -> None:
    main, *_ = events_of(RAW, Places(), rate_hz=100, ran={"main": (4.0, 2.0)})

    assert (main.weights_s, main.cpu_s) == ([3.0, 1.0], [1.5, 0.5])


WITH_NATIVE = """
import ds_notebook as ds, time
from ds_notebook.profile import profile_of
def busy():
    end = time.perf_counter() + 1.5
    while time.perf_counter() < end:
        sorted(range(50_000), key=lambda i: -i)
with ds.profiled(native=True) as run:
    busy()
    time.sleep(0.3)
profile = profile_of(run.record)
print(profile.observed.how)
print(any(frame.function == "busy" for stack in profile.main() for frame in stack.frames))
print(round(sum(stack.wall_s for stack in profile.main()) / profile.wall_s, 1))
print(" ".join(profile.observed.remarks))
"""


def run_native(*launcher: str) -> list[str]:
    command = [*launcher, sys.executable, "-c", WITH_NATIVE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout.splitlines()


py_spy = pytest.mark.skipif(not Path(sys.executable).with_name("py-spy").exists(), reason="py-spy is not installed")


@py_spy
def test_py_spy_gives_what_runs_and_the_sampler_what_waits(runs: Path) -> None:
    how, busy_is_seen, covered, _ = [*run_native(), ""][:4]

    assert how in ("py-spy", "py-spy --nonblocking")
    assert (busy_is_seen, covered) == ("True", "1.0")


@py_spy
def test_a_fork_that_ends_on_its_own_does_not_end_py_spy(runs: Path) -> None:
    forks = "os.fork() or sys.exit(0); os.wait(); busy()"
    program = "import os, sys\n" + WITH_NATIVE.replace("    busy()\n", f"    {forks}\n")

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)

    assert done.stdout.splitlines()[1:2] == ["True"], done.stderr


@py_spy
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the launcher speaks x86-64")
def test_without_ptrace_the_profile_is_taken_all_the_same(runs: Path) -> None:
    launcher = str(Path(__file__).parents[1] / "host" / "refuse_ptrace.py")

    how, busy_is_seen, covered, remark = [*run_native(sys.executable, launcher), ""][:4]

    assert how in ("py-spy --nonblocking", "sampler")
    assert (busy_is_seen, covered) == ("True", "1.0")
    assert bool(remark) == (how == "sampler")


def test_a_machine_without_py_spy_says_so_in_a_sentence(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ds_notebook.profile.capture import native

    monkeypatch.setattr(native, "command_of_py_spy", lambda: None)

    with ds.profiled(native=True) as run:
        time.sleep(0.05)

    observed = profile_of(run.record).observed
    assert observed.how == "sampler"
    assert observed.remarks == ["py-spy is not installed, so native frames are not seen: pip install py-spy."]


# -- torch


def train(num_steps: int, autocast: bool = False) -> None:
    import torch
    from torch import nn

    torch.set_num_threads(1)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 64))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return self.layers(inputs)

    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(num_steps):
        with torch.autocast("cpu", enabled=autocast):
            loss = model(torch.randn(1024, 64)).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def test_models_and_optimizers_that_ran_are_noted(runs: Path) -> None:
    from torch import nn

    forward = nn.Sequential.forward
    with ds.profiled() as run:
        train(400)  # long enough that one of the looks, 20 a second, meets a forward pass

    (model,), (optimizer,) = profile_of(run.record).observed.models, profile_of(run.record).observed.optimizers
    assert (model.name, model.num_parameters, model.widest) == ("Net", 33088, 64)
    assert model.layers == {"Linear": 2, "ReLU": 1} and model.dtypes == {"float32": 33088}
    assert 10 < model.calls <= 400 and model.rows == 1024 * model.calls
    assert (optimizer.name, optimizer.num_tensors, optimizer.num_parameters) == ("SGD", 4, 33088)
    assert nn.Sequential.forward is forward


def test_autocast_is_seen(runs: Path) -> None:
    with ds.profiled() as run:
        train(400, autocast=True)

    assert profile_of(run.record).observed.models[0].autocast == "bfloat16"


def test_operators_are_told_by_their_own_time(runs: Path) -> None:
    with ds.profiled(torch_ops=5) as run:
        train(50)

    seconds = {
        stack.frames[0].function: stack.wall_s for stack in profile_of(run.record).stacks if stack.lane == "operators"
    }
    assert {"aten::addmm", "aten::mm"} & set(seconds)
    assert 0 < sum(seconds.values()) < profile_of(run.record).wall_s
