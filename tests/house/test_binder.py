"""What a demo host builds from: the packages that the demo needs, with a torch that has no CUDA in it."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib

from tests.record.python import ROOT

BINDER = ROOT / "binder"
OF_CONDA_ALONE = {"python", "pip", "nodejs"}
"""What pip does not install."""


def listed() -> dict[str, str]:
    """The packages of binder/environment.yml as pip knows them, and the versions asked for."""
    lines = re.findall(r"^ +- ([A-Za-z_-]+)([^:\n]*)$", (BINDER / "environment.yml").read_text(), re.MULTILINE)
    named = {("torch" if name == "pytorch-cpu" else name): version for name, version in lines}
    return {name: version for name, version in named.items() if name not in OF_CONDA_ALONE}


def needed() -> set[str]:
    """What `pip install ".[demo]"` would ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["train"], *extras["notebook"], *extras["demo"]]
    return {name for each in asked if (name := re.split(r"[>=<\[]", each)[0]) != "ds-notebook"}


def test_everything_the_demo_needs_is_listed_so_that_pip_adds_no_torch_of_its_own() -> None:
    assert needed() <= set(listed())


def test_the_torch_of_a_demo_host_is_the_cpu_build() -> None:
    assert re.search(r"^  - pytorch-cpu\b", (BINDER / "environment.yml").read_text(), re.MULTILINE)


def test_nothing_hides_the_list_and_the_build_script_is_a_program() -> None:
    assert {path.name for path in BINDER.iterdir()} == {"environment.yml", "postBuild"}
    assert os.access(BINDER / "postBuild", os.X_OK)
    assert subprocess.run(["bash", "-n", BINDER / "postBuild"]).returncode == 0
