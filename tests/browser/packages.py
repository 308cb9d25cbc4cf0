"""Environments and packages that a trial needs beside this environment's; all of them thrown away after it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.record.python import ROOT

SERVER = ("jupyter_server", "jupyterlab", "notebook_shim")
"""How the names of Jupyter's server packages begin."""


def environment(folder: Path, *, without: tuple[str, ...] = ()) -> str:
    """An environment of its own with all of this one's packages but those whose names begin so; gives its Python."""
    venv.create(folder, symlinks=True)
    if not without:
        shutil.copytree(Path(sys.prefix, "share", "jupyter", "lab"), folder / "share" / "jupyter" / "lab")
    packages = folder / "packages"
    packages.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.startswith((*without, "__pycache__")):
            (packages / each.name).symlink_to(each)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    paths = [str(packages), str(ROOT), str(ROOT / "magics")]
    (folder / "lib" / version / "site-packages" / "all.pth").write_text("\n".join(paths))
    return str(folder / "bin" / "python")


def add_kernel(name: str, python: str, kernels: Path, **variables: str) -> None:
    """Make the kernel of a Python known to the server whose kernels lie in `kernels`; it starts with `variables`."""
    (kernels / name).mkdir(parents=True)
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": name, "language": "python", "env": variables}
    (kernels / name / "kernel.json").write_text(json.dumps(spec))


def install(python: str, *asked: str) -> None:
    """Installs packages into the environment of `python`; skips the test where the index cannot be reached."""
    _pip(asked, "--python", python, "install")


def packages(folder: Path, *asked: str, dependencies: bool = True) -> str:
    """Installs packages into `folder`, for PYTHONPATH; skips the test where the index cannot be reached."""
    more = () if dependencies else ("--no-deps",)
    _pip(asked, "install", "--target", str(folder), *more)
    return str(folder)


def _pip(asked: tuple[str, ...], *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", *command, "-q", *asked], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"{' and '.join(asked)} could not be installed: {done.stderr.strip().splitlines()[-1]}")
