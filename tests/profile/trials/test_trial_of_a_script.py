"""Trials of remedies on real programs in children of their own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from ds_notebook.profile.observed import Observed, Statement
from ds_notebook.profile.trials import landlock
from ds_notebook.profile.trials.said import sentence, verdict
from tests.profile.trials.conftest import Tried

PATTERNS = """
    import re

    hits = 0
    for _ in range(10):
        for number in range(600):
            hits += len(re.findall(f"(a|b)[0-9]*x{number}", "ax599"))  # HERE
"""


def ended(process: int) -> bool:
    """Whether a process that was killed is gone within a few seconds; nobody may wait for it here."""
    until_s = time.monotonic() + 5
    while time.monotonic() < until_s:
        if not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_remedy_that_helps_is_measured_and_its_results_are_equal(tried: Tried) -> None:
    trial = tried(PATTERNS, "regex-compile")

    assert verdict(trial) == "faster"
    assert trial.equal and "hits" in trial.compared


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the launcher speaks x86-64")
def test_a_remedy_is_tried_where_a_demo_host_refuses_to_look_into_processes(tmp_path: Path) -> None:
    (tmp_path / "prog.py").write_text(textwrap.dedent(PATTERNS))
    launcher = str(Path(__file__).parents[2] / "host" / "refuse_ptrace.py")
    ds = str(Path(sys.executable).with_name("ds"))

    done = subprocess.run(
        [sys.executable, launcher, ds, "profile", "--json", "--fix", "--", "python", "prog.py"],
        cwd=tmp_path,
        env=os.environ | {"DS_RUNS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["code"] == "regex-compile" and finding["measured"] > 1


def test_a_remedy_that_does_not_help_is_reported_as_such(tried: Tried) -> None:
    trial = tried("import time\ntime.sleep(0.3)\nanswer = 42  # HERE", "regex-compile")

    assert verdict(trial) == "no faster"
    assert trial.equal


def test_a_remedy_that_changes_a_result_says_which_and_by_how_much(tried: Tried) -> None:
    trial = tried(
        """
        import itertools

        counter = itertools.count()


        def tick(x):
            return x + 1e-3 * next(counter)


        total = sum(tick(1.0) for _ in range(1000))  # HERE
        """,
        "recompute",
        function="tick (PLACE:6)",
    )

    assert verdict(trial) == "not equal"
    assert "`total` differs by 0.3 of its value: not equal" in sentence(trial)


def test_what_differs_from_run_to_run_anyway_is_left_out_and_named(tried: Tried) -> None:
    trial = tried(PATTERNS + "\n    import random\n    when = random.random()\n    print(when, hits)", "regex-compile")

    assert trial.equal and "hits" in trial.compared
    assert {"when", "line 1 that it prints"} <= set(trial.left_out)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("open('out.txt', 'w').write('x')", "writes a file"),
        ("os.remove('prog.py')", "changes files"),
        ("os.system('true')", "starts a program"),
        ("subprocess.run(['true'])", "starts a program"),
        ("socket.create_connection(('127.0.0.1', 9), 1)", "opens a socket"),
        ("os.kill(os.getppid(), 0)", "ends other processes"),
    ],
)
def test_a_program_that_reaches_out_of_its_process_is_not_tried(line: str, what: str, tried: Tried) -> None:
    trial = tried(f"import os, socket, subprocess\ntry:\n    {line}  # HERE\nfinally:\n    pass", "regex-compile")

    assert trial.not_tried == f"it {what} (prog.py, line 3)"
    assert trial.measured is None


def test_a_library_that_writes_from_c_code_is_stopped_by_the_system(tried: Tried, tmp_path: Path) -> None:
    trial = tried(f"import torch\ntorch.save([1], {str(tmp_path / 'x.pt')!r})  # HERE", "regex-compile")

    assert "prog.py, line 2" in trial.not_tried
    assert not (tmp_path / "x.pt").exists()


def test_a_statement_other_than_select_keeps_all_remedies_from_being_tried(tried: Tried) -> None:
    writing = Statement(shape="UPDATE t SET a = ?", site="f (prog.py:1)", count=3, seconds=0.1)

    trial = tried("raise SystemExit('must not run')  # HERE", "regex-compile", Observed(statements=[writing]))

    assert trial.not_tried == "it sends a statement other than SELECT (UPDATE t SET a = ?)"


def test_a_program_that_hangs_is_killed_and_leaves_no_process(tried: Tried, tmp_path: Path) -> None:
    began = time.monotonic()
    trial = tried(
        f"""
        import multiprocessing, os, time

        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
        child.start()
        open("/dev/shm/psm_{tmp_path.name}", "w").write(str(child.pid))
        time.sleep(600)  # HERE
        """,
        "regex-compile",
        Observed(wall_s=-2.5),  # a limit of 2.5 s
    )

    child = int(Path(f"/dev/shm/psm_{tmp_path.name}").read_text())
    Path(f"/dev/shm/psm_{tmp_path.name}").unlink()
    assert trial.not_tried == "it had not ended after 2 s"
    assert time.monotonic() - began < 30
    assert ended(child)


def test_a_program_that_loads_a_databases_client_is_not_tried(tried: Tried, tmp_path: Path) -> None:
    (tmp_path / "psycopg2.py").write_text("")  # the real one connects from C code, which nobody sees

    trial = tried("import psycopg2  # HERE", "regex-compile")

    assert trial.not_tried == "it may reach a database by psycopg2 (prog.py, line 1)"


def test_without_landlock_nothing_is_tried(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)  # an older Linux

    trial = tried("raise SystemExit('must not run')  # HERE", "regex-compile")

    assert trial.not_tried.startswith("this system cannot keep a copy of a program apart")


def test_memory_that_processes_share_can_be_tried(tried: Tried) -> None:
    trial = tried(
        PATTERNS + "\n    import multiprocessing\n    numbers = multiprocessing.Array('d', 10)", "regex-compile"
    )

    assert not trial.not_tried and trial.measured


def test_a_pool_that_is_never_shut_down_does_not_hold_a_trial_up(tried: Tried) -> None:
    trial = tried(
        PATTERNS
        + "\n    from concurrent.futures import ThreadPoolExecutor\n    ThreadPoolExecutor(1).submit(int).result()",
        "regex-compile",
    )

    assert not trial.not_tried and trial.measured


def test_a_copy_ends_with_whoever_started_it(tmp_path: Path) -> None:
    program, starts = tmp_path / "hangs.py", tmp_path / "starts.py"
    shared = Path(f"/dev/shm/psm_{tmp_path.name}")
    program.write_text(f"import os, time\nopen({str(shared)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n")
    starts.write_text(
        "import sys\n"
        "from ds_notebook.profile.trials.bench import run_on\n"
        "from ds_notebook.profile.trials.copied import Change, Task\n"
        "from ds_notebook.profile.trials.script import ScriptBench\n"
        f"run_on(ScriptBench([sys.executable, {str(program)!r}]), Task(Change(), ''), {{}}, 600)\n"
    )
    starter = subprocess.Popen([sys.executable, str(starts)], env=os.environ | {"TMPDIR": str(tmp_path)})
    until_s = time.monotonic() + 30
    while not (shared.exists() and shared.read_text()) and time.monotonic() < until_s:
        time.sleep(0.05)
    copy = int(shared.read_text())
    shared.unlink()

    starter.kill()
    starter.wait()

    assert ended(copy)
