"""A Python process of its own, for what cannot be tried in this one: its end, its fork, its full disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import IO, Any

from ds_notebook.record import Run

ROOT = Path(__file__).parents[2]


def start_python(code: str, runs: Path, *arguments: str, **more: Any) -> subprocess.Popen[str]:
    """Start `code` with its records in `runs`; use it as a context manager, which waits for its end."""
    return subprocess.Popen(
        [sys.executable, "-c", dedent(code), *arguments],
        env=os.environ | {"DS_RUNS": str(runs), "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "magics")])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def run_python(code: str, runs: Path, *arguments: str) -> str:
    """Run `code` to its end, whatever its exit status; what it wrote on both streams."""
    with start_python(code, runs, *arguments) as process:
        out, err = process.communicate(timeout=60)
    return out + err


def line_of(stream: IO[str] | None) -> str:
    """The next line that a process says."""
    assert stream is not None
    return stream.readline().strip()


def speak(run: Run) -> None:
    """For a spawned process, which imports this module and no torch."""
    run.note("from a spawned process")
    run.log(loss=1.0)
