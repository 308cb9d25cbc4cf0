"""torch.compile: what is missing is said in a sentence, and what it costs before it is paid."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from ds_notebook.errors import UsageError
from ds_notebook.train.compiled import compiled

CPU = torch.device("cpu")


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no program is installed: the only folder of its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    return tmp_path


def test_a_missing_compiler_is_said_with_what_to_install(no_programs: Path) -> None:
    with pytest.raises(UsageError, match=r"needs a C\+\+ compiler, but g\+\+ is not here\. .*apt install g\+\+"):
        compiled(nn.Linear(2, 2), CPU)


def test_another_compiler_that_is_there_is_named(no_programs: Path) -> None:
    (no_programs / "clang++").touch(mode=0o755)

    with pytest.raises(UsageError, match=r"Set CXX=clang\+\+, which is here, or leave compile out\."):
        compiled(nn.Linear(2, 2), CPU)


def test_the_compiler_that_CXX_names_is_looked_for(no_programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "icpx")

    with pytest.raises(UsageError, match="icpx is not here"):
        compiled(nn.Linear(2, 2), CPU)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_cost_is_said_before_anything_is_compiled() -> None:
    calls = []
    model = nn.Linear(2, 2)
    model.register_forward_hook(lambda *_: calls.append(1))

    call, sentence = compiled(model, CPU)

    assert callable(call) and "10 to 40 s" in sentence and not calls


@pytest.mark.soak  # about 20 s, most of it the compiler's first run
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_a_compiled_model_computes_what_the_model_does(tmp_path: Path) -> None:
    program = """
import torch
from torch import nn
from ds_notebook.train.compiled import compiled

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
call, _ = compiled(model, torch.device("cpu"))
inputs = torch.randn(5, 4)
call(inputs).sum().backward()
torch.testing.assert_close(call(inputs), model(inputs))
assert all(weight.grad is not None for weight in model.parameters())
"""
    # in a process of its own, because the compiler's helpers live as long as the process
    environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=170)
