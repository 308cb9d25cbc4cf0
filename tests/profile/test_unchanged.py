"""A program that is profiled does what it does without: what it prints, its status, and when it ends."""

from __future__ import annotations

import gc
import pickle
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MethodType
from typing import Any

import pytest

import ds_notebook as ds
from ds_notebook.profile import captured, profile_of
from ds_notebook.profile.apart import parted, profile_program
from ds_notebook.profile.capture.hooks import HOOKS
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.folded import Profile
from ds_notebook.record import Record
from ds_notebook.record.events import Artifact

Profiled = Callable[..., tuple[Record, str]]


@pytest.fixture
def profiled(tmp_path: Path, runs: Path) -> Profiled:
    """Profiles a program's text; gives its record and what it printed."""

    def of(text: str, *, memory: bool = False) -> tuple[Record, str]:
        program = tmp_path / "prog.py"
        program.write_text(textwrap.dedent(text))
        with (tmp_path / "printed.txt").open("w+") as printed:
            record, status = profile_program(
                ["python", str(program)], ProfileConfig(memory=memory), stdout=printed.fileno()
            )
            printed.seek(0)
            assert status == 0
            return record, printed.read()

    return of


@pytest.mark.parametrize("pool", ["ThreadPoolExecutor", "ProcessPoolExecutor"])
def test_a_pool_that_is_never_shut_down_ends_with_the_program(pool: str, profiled: Profiled) -> None:
    _, printed = profiled(
        f"""
        import math
        from concurrent.futures import {pool}
        if __name__ == "__main__":
            print({pool}(2).submit(math.sqrt, 9).result())
        """
    )

    assert printed == "3.0\n"


def test_a_profiler_written_in_python_keeps_the_variables_of_the_program(profiled: Profiled) -> None:
    _, printed = profiled(
        """
        import profile, time
        def inner(i): return i
        def outer(n):
            first = 1; second = 2; total = 0
            for i in range(n):
                total += inner(first * second + i)
            return total
        def main():
            end = time.perf_counter() + 0.7
            while time.perf_counter() < end:
                outer(3000)
        profile.Profile().runcall(main)
        print("fine")
        """
    )

    assert printed == "fine\n"


def test_a_fork_that_ends_on_its_own_concludes_nothing(profiled: Profiled) -> None:
    record, _ = profiled(
        """
        import os, sys, time
        if os.fork() == 0:
            time.sleep(0.2)
            sys.exit(0)
        os.wait()
        """
    )

    kinds = [event.kind for event in record.events() if isinstance(event, Artifact)]
    assert sorted(kinds) == ["profile-observed", "profile-sources"]


def test_a_program_that_stops_tracemalloc_is_told_and_goes_on(profiled: Profiled) -> None:
    record, printed = profiled("import tracemalloc\ntracemalloc.stop()\nprint('fine')", memory=True)

    assert printed == "fine\n"
    assert any("stopped tracemalloc" in remark for remark in profile_of(record).observed.remarks)


class Store:
    """Python's own functions are no methods: it may hold them as attributes."""

    loads: Any = pickle.loads


def test_a_function_of_c_stays_no_method_and_is_pickled_as_itself(runs: Path) -> None:
    with ds.profiled() as run:
        assert Store().loads(pickle.dumps([1])) == [1]
        text = pickle.dumps(pickle.loads)

    assert pickle.loads(text) is pickle.loads
    assert {each.function for each in profile_of(run.record).observed.encodings} == {"pickle.dumps", "pickle.loads"}


def test_a_connect_that_was_taken_by_name_listens_no_more_afterwards(runs: Path) -> None:
    with ds.profiled():
        from sqlite3 import connect
    connection = connect(":memory:")

    heard_by = [each for each in gc.get_referents(connection) if isinstance(each, MethodType)]
    connection.close()

    assert heard_by == []


def test_a_trace_of_the_users_own_goes_on_hearing_every_statement(runs: Path) -> None:
    heard: list[str] = []
    open_before = sqlite3.connect(":memory:")
    open_before.set_trace_callback(heard.append)
    with ds.profiled():
        open_before.execute("select 1")
        open_later = sqlite3.connect(":memory:")
        open_later.set_trace_callback(heard.append)
    open_before.execute("select 2")
    open_later.execute("select 3")
    open_before.close()
    open_later.close()

    assert heard == ["select 1", "select 2", "select 3"]


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_models_can_be_scripted_and_traced_while_they_are_counted(runs: Path) -> None:
    import torch
    import torch.fx

    kind = _scaled()
    model, inputs = kind(), torch.randn(64, 64)
    with ds.profiled() as run:
        end = time.perf_counter() + 0.4
        while time.perf_counter() < end:
            model(inputs)
        torch.jit.script(model)
        torch.fx.symbolic_trace(model)
        torch.jit.trace(model, inputs)
        compiled: Any = torch.compile(model, backend="eager", fullgraph=True)
        compiled(inputs)

    seen = profile_of(run.record).observed.models[0]
    assert seen.rows == 64 * seen.calls > 0
    assert "__call__" not in vars(kind)


def _scaled() -> type:
    import torch
    from torch.nn import functional

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(64, 64)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return functional.relu(self.layer(inputs))

    return Scaled


def test_a_rule_that_breaks_is_said_and_the_profile_is_kept(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ds_notebook.profile.rules import python_loop
    from ds_notebook.rooms import scene_of

    def breaks(profile: Profile) -> list[object]:
        raise ZeroDivisionError("half a rule")

    monkeypatch.setattr(python_loop, "find", breaks)  # a rule as a plugin may be: it breaks
    with ds.profiled() as run:
        time.sleep(0.05)

    assert run.record.state == "finished"
    told = str(scene_of(run.record))
    assert "Rule python-loop could not judge this profile: ZeroDivisionError: half a rule." in told
    assert "Nothing worth fixing" not in told


@pytest.mark.parametrize("at", ["its beginning", "its end"])
def test_a_hook_that_breaks_is_said_and_the_code_goes_on(at: str, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def hook(scope: Scope) -> Iterator[None]:
        assert at != "its beginning", at
        yield
        raise ZeroDivisionError(at)

    monkeypatch.setattr(captured, "HOOKS", (*HOOKS, hook))  # as one is that meets another library
    with ds.profiled() as run:
        time.sleep(0.05)

    assert run.record.state == "finished"
    assert any(at in remark for remark in profile_of(run.record).observed.remarks)


@pytest.mark.parametrize(
    ("words", "options", "program"),
    [
        ("python -mjson.tool a", [], ["-m", "json.tool", "a"]),
        ("python -um json.tool", ["-u"], ["-m", "json.tool"]),
        ("python -cpass a", [], ["-c", "pass", "a"]),
        ("python -W error -Xdev -m json.tool -q", ["-W", "error", "-Xdev"], ["-m", "json.tool", "-q"]),
    ],
)
def test_options_of_python_are_read_as_python_reads_them(words: str, options: list[str], program: list[str]) -> None:
    assert parted(words.split()) == (sys.executable, options, program)


def test_a_module_is_main_until_its_process_ends(
    tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "module.py").write_text(
        "import atexit, pickle\n"
        "class Point: pass\n"
        "atexit.register(lambda: print(type(pickle.loads(pickle.dumps(Point())))))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    _, status = profile_program(["python", "-m", "module"], ProfileConfig())

    assert (status, capfd.readouterr()) == (0, ("<class '__main__.Point'>\n", ""))


def test_an_order_to_end_reaches_the_program(tmp_path: Path, runs: Path) -> None:
    program = tmp_path / "prog.py"
    program.write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('begun', file=sys.stderr, flush=True)\n"
        "time.sleep(30)\n"
    )
    command = [sys.executable, "-m", "ds_notebook.cli", "profile", "--", "python", str(program)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as profiling:
        assert profiling.stderr is not None
        assert profiling.stderr.readline() == "begun\n"
        profiling.terminate()

        assert profiling.wait(20) == 5
