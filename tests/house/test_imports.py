"""What is light stays light: the heavy packages are loaded only by who needs them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ds_notebook as ds
from tests.record.python import ROOT, run_python

MODULES = sorted(path for root in ("ds_notebook", "magics") for path in (ROOT / root).rglob("*.py"))

WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "safetensors", "numpy", "IPython"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTorch())
from ds_notebook.cli import main
"""


def loaded(module: str, runs: Path, *suspects: str) -> str:
    """Those of `suspects` that importing `module` loads."""
    return run_python(f"import sys, {module}; print(*[name for name in {suspects} if name in sys.modules])", runs)


def test_importing_the_package_loads_nothing_heavy(runs):
    heavy = ("torch", "numpy", "IPython", "matplotlib", "msgspec", "psutil", "pandas")

    assert loaded("ds_notebook", runs, *heavy).strip() == ""


@pytest.mark.parametrize("room", ["record", "draw", "host", "start", "cli", "options"])
def test_the_ground_floor_loads_no_torch_and_no_notebook(runs, room):
    heavy = ("torch", "numpy", "IPython", "matplotlib", "pandas")

    assert loaded(f"ds_notebook.{room}", runs, *heavy).strip() == ""


def test_a_record_is_made_without_torch(runs):
    loop = "with ds.start_run('mine') as run:\n for step in run.steps(range(3)): run.log(loss=step)"

    assert run_python(f"{WITHOUT_TORCH}\nimport ds_notebook as ds\n{loop}", runs) == ""
    assert ds.runs()[0].columns()["loss"][2] == [0, 1, 2]


@pytest.mark.parametrize("kind", ["loop", "train"])
@pytest.mark.parametrize("command", ["show", "logs", "gate"])
def test_a_record_is_opened_without_torch(runs, kind, command):
    with ds.start_run("mine", kind=kind) as run:
        for step in run.steps(range(3)):
            run.log(loss=step)
    words = [command, run.id, *(["loss < 5"] if command == "gate" else [])]

    shown = run_python(f"{WITHOUT_TORCH}\nsys.exit(main({words}))", runs)

    assert "Traceback" not in shown and ("loss" in shown or "started" in shown)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_its_purpose_in_its_first_line(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring and docstring.splitlines()[0].endswith((".", "?"))


def test_every_public_name_can_be_had():
    assert all(getattr(ds, name) is not None for name in ds.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'ds_notebook' has no attribute 'trainer'"):
        ds.trainer  # noqa: B018
