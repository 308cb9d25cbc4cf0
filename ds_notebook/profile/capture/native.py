"""py-spy beside the process: it sees native frames, other processes, and what holds the GIL."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.spied import events_of
from ds_notebook.record.events import Stacks

READY = "Sampling process"
"""What py-spy prints once it has read the process."""
LOOK_S = 0.01
WRITES_FOR_S = 30.0
_SET_PTRACER = 0x59616D61
WAYS: tuple[tuple[str, list[str]], ...] = (("py-spy", []), ("py-spy --nonblocking", ["--nonblocking"]))
"""Tried in turn: the first stops the process for each look, which some machines refuse."""


class Spy:
    """A py-spy that has begun; `how` is the way that the machine allows."""

    def __init__(self, child: subprocess.Popen[bytes], how: str, output: Path, rate_hz: float) -> None:
        self.how = how
        self._parent = os.getpid()
        self._child = child
        self._output = output
        self._rate_hz = rate_hz

    def stop(self, places: Places, ran: Mapping[str, tuple[float, float]]) -> list[Stacks]:
        """What it has seen, as `events_of`; empty where it was killed, and for a fork of who began it."""
        if os.getpid() != self._parent:
            return []
        self._child.send_signal(signal.SIGINT)
        try:
            self._child.wait(timeout=WRITES_FOR_S)
        except subprocess.TimeoutExpired:
            _end(self._child)
        try:
            text = self._output.read_text(errors="replace")
        except OSError:  # it had nothing to write
            return []
        return events_of(text, places, rate_hz=self._rate_hz, ran=ran)


def command_of_py_spy() -> str | None:
    """The program of this environment, or of the path."""
    program = Path(sys.executable).with_name("py-spy")
    return str(program) if program.exists() else shutil.which("py-spy")


@contextmanager
def spy(rate_hz: float) -> Iterator[Spy | str]:
    """A py-spy on this process, or a sentence that says why there is none; in the end no child is left."""
    command = command_of_py_spy()
    if command is None:
        yield "py-spy is not installed, so native frames are not seen: pip install py-spy."
        return
    folder, parent = tempfile.mkdtemp(prefix="ds-profile-"), os.getpid()
    found = _begun([command, "record", "--pid", str(parent)], Path(folder, "stacks.txt"), rate_hz)
    try:
        yield found or "This machine lets no process look into another, so py-spy sees nothing of native frames."
    finally:
        if os.getpid() == parent:  # and not a fork that comes to an end of its own
            if found is not None:
                _end(found._child)
            shutil.rmtree(folder)


def _begun(command: list[str], output: Path, rate_hz: float) -> Spy | None:
    what = ["--native", "--threads", "--subprocesses", "--full-filenames", "--format", "raw"]
    for how, options in WAYS:
        said = output.with_suffix(".log")
        with said.open("w") as log:  # not a pipe: it would stand still once that is full of its remarks
            child = subprocess.Popen(
                [*command, *what, *options, "--rate", f"{rate_hz:.0f}", "--output", str(output)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C is for the user's code: this one is told when to end
            )
        _allow(child.pid)
        while child.poll() is None:
            if READY in said.read_text(errors="replace"):
                return Spy(child, how, output, rate_hz)
            time.sleep(LOOK_S)
        _end(child)
    return None


def _allow(pid: int) -> None:
    """Where Yama guards processes, a child may look into its parent only if told so; elsewhere this does nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PTRACER, pid, 0, 0, 0)


def _end(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        child.kill()
    child.wait()
