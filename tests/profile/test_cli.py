"""`ds profile -- python PROGRAM` as a person or a program uses it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ds_notebook.cli import main
from ds_notebook.profile.apart import parted

LOOP = """
import sys
def total(n):
    result = 0
    for i in range(n):
        result += i * i
    return result
print("args", sys.argv[1:], __name__)
total(60_000_000)
"""


@pytest.fixture
def program(tmp_path: Path, runs: Path) -> Path:
    path = tmp_path / "prog.py"
    path.write_text(LOOP)
    return path


def ds_profile(*words: str, **how: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ds_notebook.cli", "profile", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **how)  # type: ignore[call-overload]


def test_json_is_all_that_is_printed_and_the_program_speaks_beside_it(program: Path) -> None:
    done = ds_profile("--json", "--", "python", str(program), "one", "--two")

    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert "args ['one', '--two'] __main__" in done.stderr
    assert {"code", "file", "line", "function", "share", "expected", "measured", "advice"} <= set(said["findings"][0])
    assert (said["findings"][0]["code"], said["findings"][0]["function"]) == ("python-loop", "total")


def test_in_words_the_answer_comes_first(program: Path) -> None:
    done = ds_profile("--", "python", str(program))

    title, _, answer = done.stdout.partition("args")[2].split("\n", 1)[1].split("\n", 2)
    assert title.startswith("profile of prog.py: finished")
    assert "of the time" in answer and "The record: " in done.stdout


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("import sys; sys.exit(7)", 7, ""),
        ("import sys; sys.exit('no more')", 1, "no more\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM, ""),
        ("import threading, time; threading.Thread(target=time.sleep, args=(0.2,)).start()", 0, ""),
    ],
)
def test_the_programs_status_is_kept(text: str, status: int, said: str, runs: Path) -> None:
    done = ds_profile("--json", "--", "python", "-c", text)

    assert (done.returncode, done.stderr) == (status, said)


def test_the_programs_traceback_is_as_python_shows_it(program: Path) -> None:
    program.write_text("def f():\n    return 1 / 0\nf()\n")

    plain = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=False)
    done = ds_profile("--", "python", str(program))

    assert done.stderr == plain.stderr and done.returncode == 1
    assert "failed" in done.stdout


def test_a_module_runs_with_the_options_of_python(tmp_path: Path, runs: Path) -> None:
    (tmp_path / "tool.py").write_text("import sys\nprint(sys.argv[1:], sys.flags.dev_mode, sys.path[0])\n")

    done = ds_profile("--json", "--", "python", "-X", "dev", "-m", "tool", "a", cwd=tmp_path)

    assert f"['a'] True {tmp_path}" in done.stderr


def test_a_safe_path_stays_safe(program: Path) -> None:
    program.write_text("import sys\nprint('paths', sys.path)\n")

    assert str(program.parent) not in ds_profile("--", "python", "-P", str(program)).stdout.partition("\n")[0]


def test_a_program_that_leaves_its_folder_still_finds_its_file(tmp_path: Path, runs: Path) -> None:
    (tmp_path / "prog.py").write_text("import os\nos.chdir('/')\nprint(open(__file__).readline())\n")

    assert ds_profile("--", "python", "prog.py", cwd=tmp_path).stdout.startswith("import os")


def test_an_interrupt_ends_the_program_and_keeps_the_profile(program: Path) -> None:
    program.write_text("import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "ds_notebook.cli", "profile", "--", "python", str(program)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert child.stdout is not None and child.stdout.readline() == "begun\n"
    time.sleep(0.5)
    import os

    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=60)

    assert child.returncode == 130
    assert "interrupted" in out and err.endswith("KeyboardInterrupt\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "There is no program to profile."),
        (["ls"], "'ls' is not Python."),
        (["python"], "There is no program after python."),
        (["python", "nowhere.py"], "There is no file 'nowhere.py' to profile."),
    ],
)
def test_what_is_no_program_is_said_in_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "--", *words]) == 2

    assert capsys.readouterr().err.startswith(sentence)


def test_a_bare_python_is_the_one_that_runs_ds(tmp_path: Path) -> None:
    program = tmp_path / "prog.py"
    program.touch()

    assert parted(["python", "-u", str(program), "-m"]) == (sys.executable, ["-u"], [str(program), "-m"])
    assert parted([str(program), "a"]) == (sys.executable, [], [str(program), "a"])
