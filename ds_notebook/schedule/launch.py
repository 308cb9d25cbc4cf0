"""The scheduler's process: started as nobody's child, known by its command, heard by its log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from ds_notebook.options import to_builtins
from ds_notebook.schedule.config import SchedulerConfig

_MODULE = "ds_notebook.schedule.server"
_NOT_FOR_THE_SERVER = ("DS_RUNS", "DS_NOTEBOOK_", "JPY_", "MPLBACKEND", "OMP_", "MKL_", "PYTEST_")
"""What belongs to the notebook or terminal that happens to start the scheduler."""


def launch(folder: Path, config: SchedulerConfig | None) -> int:
    """Start a scheduler for `folder`, through a shell that ends at once; the number of its process."""
    log = _log(folder)
    os.close(os.open(log, os.O_WRONLY | os.O_CREAT, 0o600))
    arguments = [msgspec.json.encode(to_builtins(config)).decode()] if config else []
    command = [sys.executable, "-m", _MODULE, *arguments]
    shell = subprocess.run(
        ["/bin/sh", "-c", 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!', "sh", str(log), *command],
        check=True,
        stdout=subprocess.PIPE,
        cwd=folder,
        env=_environment() | {"DS_SCHEDULER": str(folder)},
        start_new_session=True,
    )
    return int(shell.stdout)


def is_scheduler(pid: int) -> bool:
    """By its command, as a number may have been given to another process; where that cannot be read, it is believed."""
    try:
        return _MODULE.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists()


def is_there(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def last_words(folder: Path) -> str:
    """A sentence with where the scheduler's log lies and its last line."""
    log = _log(folder)
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return f"Its log: {log}" + (f" says last: {lines[-1]}" if lines else "")


def _log(folder: Path) -> Path:
    return folder / "server.log"


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_NOT_FOR_THE_SERVER)}
