"""A model as torch.compile makes it: what it needs and costs is said before it is paid."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ds_notebook.errors import UsageError

_COST = (
    "torch.compile: the first steps take 10 to 40 s together (measured on two CPU cores), and the first batch of "
    "another shape and the first evaluation take longer too; later steps are up to 1.1 times as fast, so it pays after "
    "about 1000 big ones."
)


def compiled(model: nn.Module, device: torch.device) -> tuple[Callable[..., Any], str]:
    """What to call in the model's place, and a sentence with the start-up cost, which the first call pays.

    Weights, mode and state stay the model's own. Raises UsageError where a CPU's C++ compiler, which torch.compile
    needs, or the header files of Python are missing.
    """
    if device.type == "cpu":
        _check_compiler()
    call: Callable[..., Any] = torch.compile(model)
    return call, _COST


def _check_compiler() -> None:
    # as torch._inductor.config finds it, which is private
    name = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(name) is None:
        other = next((known for known in ("g++", "clang++", "c++") if shutil.which(known)), None)
        advice = f"Set CXX={other}, which is here," if other else "Install one (Debian, Ubuntu: apt install g++)"
        raise UsageError(f"torch.compile needs a C++ compiler, but {name} is not here. {advice} or leave compile out.")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise UsageError(
            "torch.compile needs Python's header files, but Python.h is not here. "
            "Install them (Debian, Ubuntu: apt install python3-dev) or leave compile out."
        )
