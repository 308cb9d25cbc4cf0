"""The box of a demo host: what binder/ lists, 1 GB of memory, one core, no ptrace; all notebooks pass in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import through
from tests.browser.packages import install
from tests.browser.server import Box, running
from tests.browser.test_long_journeys import NOTEBOOKS, row
from tests.host.demo_host import memory_group
from tests.house.test_binder import listed
from tests.record.python import ROOT

pytestmark = pytest.mark.soak

LIMIT_BYTES = 1 << 30
FIRST_PLOT_MS = 10_000
LAUNCHER = ROOT / "tests" / "host" / "demo_host.py"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment of what binder/ lists, by pip, and of what its postBuild installs; gives its Python."""
    folder = tmp_path_factory.mktemp("binder")
    venv.create(folder / "env", with_pip=True)
    path = str(folder / "env" / "bin" / "python")
    constraints = ("-c", str(ROOT / "constraints.txt"))  # conda's list has the CPU build; by pip it is this version's
    install(path, *constraints, *[f"{name}{version}" for name, version in listed().items()])
    copied = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in filter(None, copied.stdout.splitlines()):
        if (ROOT / name).is_file():
            (folder / "repo" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "repo" / name)
    search = f"{folder / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [folder / "repo" / "binder" / "postBuild"], cwd=folder / "repo", env={**clean(), "PATH": search}, check=True
    )
    return path


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group of a gigabyte; skips where this system or user cannot make one."""
    try:
        with memory_group(f"ds-demo-{os.getpid()}", LIMIT_BYTES) as group:
            yield group
    except OSError as error:
        pytest.skip(f"A memory control group (version 1) is needed: {error}")


def clean() -> dict[str, str]:
    """This process's variables but those that would lead past the environment."""
    return {name: value for name, value in os.environ.items() if name not in ("DS_RUNS", "PYTHONPATH", "VIRTUAL_ENV")}


def used(group: Path) -> str:
    """The most memory that was in use at once, and how many processes were killed for it."""
    killed = [line for line in (group / "memory.oom_control").read_text().splitlines() if line.startswith("oom_kill ")]
    most = int((group / "memory.max_usage_in_bytes").read_text())
    assert killed == ["oom_kill 0"]
    return f"at most {most >> 20} MB, {killed[0]}"


def test_all_notebooks_pass_in_papermill(python: str, group: Path, tmp_path: Path) -> None:
    for name in NOTEBOOKS:
        command = [python, "-m", "papermill", "-k", "python3", "--no-progress-bar"]
        (tmp_path / "ds_runs").mkdir(exist_ok=True)
        notebook = str(ROOT / "notebooks" / f"{name}.ipynb")
        done = subprocess.run(
            [sys.executable, str(LAUNCHER), str(group), *command, notebook, f"{name}.ipynb"],
            cwd=tmp_path,
            env=clean(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    row("demo host, papermill", len(NOTEBOOKS), used(group))


def test_all_notebooks_pass_in_the_lab_and_the_first_picture_is_there_soon(
    browser: dict[str, str], python: str, group: Path, tmp_path: Path
) -> None:
    box = Box(
        folder=tmp_path / "lab",
        python=python,
        prefix=[sys.executable, str(LAUNCHER), str(group)],
        environment={"BINDER_SERVICE_HOST": "here"},
        of_checkout=False,
    )
    with running(box) as server:
        (box.root / "ds_runs").mkdir()
        for name in NOTEBOOKS:
            shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", box.root)
        found = through(browser | server)("demo_host", notebooks=NOTEBOOKS, limit_s=600)
        memory = used(group)

    row("demo host, lab", len(NOTEBOOKS), f"{memory}, {json.dumps(found)}")
    assert found["firstPlotMs"] < FIRST_PLOT_MS
    assert all(what in found["said"] for what in ("ptrace", "1.0 GB of memory", "two cores"))


def test_what_binder_lists_has_no_sampling_profiler_and_no_cuda(python: str) -> None:
    code = "import importlib.util as u, torch; print(u.find_spec('py_spy'), torch.version.cuda)"
    done = subprocess.run([python, "-c", code], env=clean(), capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["None", "None"]
