"""The wheel holds all that it needs: in a fresh environment it runs from there, and not from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.record.python import ROOT


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Standard output; the test fails with both streams if the command does."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DS_RUNS")}
    done = subprocess.run(command, cwd=cwd, env=environment | more, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def fresh(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The Python of a new environment that has the wheel, and this one's packages but for the checkout."""
    folder = tmp_path_factory.mktemp("fresh")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv/bin/python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=folder))
    # One line of a .pth file is a folder; the .pth files in that folder, the checkout's among them, are not read.
    (site / "packages.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "--ignore-installed",
    ]
    run(*install, "--disable-pip-version-check", "--quiet", wheel, cwd=folder)
    yield python


def test_the_wheel_holds_the_fonts_the_notebooks_and_the_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    assert any(name.startswith("ds_notebook/draw/fonts/") and name.endswith(".ttf") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "ds_notebook/py.typed" in names
    expected = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {Path(name).name for name in names if name.endswith(".ipynb")} == expected


def test_the_wheel_holds_no_tests_and_nothing_of_the_workplace(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"ds_notebook", "ds_magics"}


def test_the_package_comes_from_the_fresh_environment(fresh, tmp_path):
    code = "import ds_notebook, ds_magics; print(ds_notebook.__file__, ds_magics.__file__)"

    places = run(fresh, "-c", code, cwd=tmp_path).split()

    assert all(Path(place).is_relative_to(fresh.parents[1]) for place in places)


def test_the_command_line_draws_with_the_fonts_of_the_wheel(fresh, tmp_path):
    code = "import ds_notebook as ds; run = ds.start_run(); run.log(loss=1); run.end(); print(run.id)"
    run_id = run(fresh, "-c", code, cwd=tmp_path, DS_RUNS=str(tmp_path / "ds_runs"))
    ds = fresh.with_name("ds")
    run(ds, "show", run_id, "--html", "page.html", cwd=tmp_path, DS_RUNS=str(tmp_path / "ds_runs"))

    assert "<svg" in (tmp_path / "page.html").read_text()


def test_the_quickstart_of_the_wheel_runs_from_the_wheel(fresh, tmp_path):
    spec = {"argv": [str(fresh), "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python"}
    kernel = tmp_path / "jupyter/kernels/fresh"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps(spec | {"display_name": "fresh"}))
    package = Path(run(fresh, "-c", "import ds_notebook; print(ds_notebook.__path__[0])", cwd=tmp_path))
    few = ["-p", "epochs", "2", "-p", "threshold", "0.5"]  # tests/notebooks runs it in full
    places = {"JUPYTER_PATH": str(tmp_path / "jupyter"), "DS_RUNS": str(tmp_path / "ds_runs")}
    notebook = package / "notebooks/quickstart.ipynb"
    run(fresh, "-m", "papermill", "-k", "fresh", *few, notebook, "done.ipynb", cwd=tmp_path, **places)

    cells = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    assert any("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
