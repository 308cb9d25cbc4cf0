"""The program of a job: started with its cores and limits, watched, and ended with all that it started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from ds_notebook.record.lock import is_held
from ds_notebook.schedule import tree
from ds_notebook.schedule.attempt import Attempt
from ds_notebook.schedule.environment import environment
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.limits import WATCH_S, Unlimited, held_bytes
from ds_notebook.schedule.output import OutputFile
from ds_notebook.schedule.reason import Circumstances, exit_reason, kernel_kills, size
from ds_notebook.schedule.signals import Signals

Verdict = Literal["succeeded", "failed", "stopped", "lost"]

LEFT_GRACE_S = 2.0
"""What it leaves behind when it ends by itself, after this."""
_LOOK_S = 1.0
_END_LOOK_S = 0.02
_GIVE_UP_S = 15.0
_OOM_SCORE = "500"
"""Where the machine runs out of memory, jobs go before notebooks and desktops."""


class Ending(NamedTuple):
    """How the program ended, in a word, a sentence and numbers."""

    verdict: Verdict
    reason: str
    evidence: dict[str, Any]  # any JSON


class JobProcess:
    """One program and its descendants; `run` returns once none of them is left."""

    def __init__(self, folder: Path, attempt: Attempt, limit: Unlimited, arrived: Signals) -> None:
        self._folder = folder
        self._attempt = attempt
        self._spec = attempt.spec
        self._limit = limit
        self._selector = selectors.DefaultSelector()
        self._selector.register(arrived, selectors.EVENT_READ, lambda: self._on_signals(arrived))
        self._outputs: dict[str, OutputFile] = {}
        self._status: int | None = None
        self._verdict: Verdict | None = None
        self._reason = ""
        self._kill_at: float | None = None
        self._num_left = 0
        self._peak_bytes = 0
        self._started_at = time.monotonic()
        self._paused_at: float | None = None
        self._paused_s = 0.0
        self._has_children = True
        self._looks_for_orders = True
        self._kernel_kills = kernel_kills()

    def run(self, started: Callable[[int], None], obey: Callable[[], None]) -> Ending:
        """Start the program and see it to its end.

        `started` is told its number once it runs; `obey` is called when an order may have come.
        """
        try:
            started(self._start())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return Ending("failed", _why_not_started(self._spec, error), {})
        next_look = 0.0
        while self._has_children:
            self._pump(self._wait_s())
            self._reap()
            if self._looks_for_orders or time.monotonic() >= next_look:
                self._looks_for_orders = False
                obey()
                next_look = time.monotonic() + _LOOK_S
            self._look()
        self._drain()
        return self._ending()

    # -- orders

    def stop(self) -> None:
        """Ask all of it to end; kill it after a while."""
        self._end("stopped", "", self._attempt.grace_s)

    def pause(self) -> None:
        """Stop all of it where it is; its memory stays."""
        if self._paused_at is None and self._kill_at is None:
            self._paused_at = time.monotonic()
            tree.freeze(os.getpid())

    def resume(self) -> None:
        """Let it go on."""
        if self._paused_at is not None:
            self._paused_s += time.monotonic() - self._paused_at
            self._paused_at = None
            tree.signal_all(tree.descendants(os.getpid()), signal.SIGCONT)

    # -- the loop

    def _start(self) -> int:
        process = subprocess.Popen(
            self._spec.command,
            cwd=self._spec.cwd or None,
            env=environment(self._folder, self._attempt),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=self._enter,
        )
        self._process = process  # kept, or it would be waited for when it is dropped
        for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._outputs[name] = OutputFile(self._folder, f"{name}-{self._attempt.number}")
            self._selector.register(pipe, selectors.EVENT_READ, self._on_output(name, pipe))
        return process.pid

    def _enter(self) -> None:
        """In the child, before the program."""
        tree.die_with_parent()
        placement = self._attempt.placement
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
        if placement.affinity and sys.platform == "linux":
            with contextlib.suppress(OSError):  # a core that was taken from the container meanwhile
                os.sched_setaffinity(0, placement.affinity)
        if placement.nice > 0:
            os.nice(placement.nice)
            with contextlib.suppress(OSError):  # a kernel that does not weigh sessions
                Path("/proc/self/autogroup").write_text(str(placement.nice))
        self._limit.enter()

    def _wait_s(self) -> float:
        if self._kill_at is not None or self._status is not None:
            return _END_LOOK_S
        return WATCH_S if self._limit.watches else _LOOK_S

    def _pump(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            key.data()

    def _on_output(self, name: str, pipe: IO[bytes]) -> Callable[[], None]:
        def read() -> None:
            try:
                data = os.read(pipe.fileno(), 1 << 16)
            except BlockingIOError:
                return
            if data:
                self._outputs[name].write(data)
            else:
                self._selector.unregister(pipe)
                pipe.close()

        return read

    def _on_signals(self, arrived: Signals) -> None:
        for number in arrived.read():
            if number == signal.SIGUSR1:
                self._looks_for_orders = True
            elif number in (signal.SIGTERM, signal.SIGINT):
                self._end("lost", "its wrapper was asked to end, as when the machine shuts down", self._attempt.grace_s)

    def _reap(self) -> None:
        """Wait for whatever has ended: the program, and what it left to this process."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                self._has_children = False
                return
            if pid == 0:
                return
            self._peak_bytes = max(self._peak_bytes, usage.ru_maxrss * 1024)
            if pid == self._process.pid:
                self._status = self._process.returncode = os.waitstatus_to_exitcode(status)

    def _look(self) -> None:
        """What is due: the end of what a program left, of a timeout, of a grace; memory."""
        if not self._has_children:
            return
        now = time.monotonic()
        if self._kill_at is not None:
            if now >= self._kill_at:
                tree.kill_below(os.getpid())
            if now >= self._kill_at + _GIVE_UP_S:
                self._has_children = False
        elif self._status is not None:
            self._num_left = len(tree.descendants(os.getpid()))
            self._ask_all(LEFT_GRACE_S)
        elif self._is_too_late(now):
            self._end("failed", f"it took longer than its timeout of {self._spec.timeout_s:g} s", self._attempt.grace_s)
        elif self._limit.watches:
            self._peak_bytes = max(self._peak_bytes, held_bytes(os.getpid()))
            if self._limit.exceeded(os.getpid()):
                self._end("failed", self._memory_sentence(), 0.0)

    def _is_too_late(self, now: float) -> bool:
        timeout_s = self._spec.timeout_s
        if timeout_s is None or self._paused_at is not None or now - self._started_at - self._paused_s < timeout_s:
            return False
        return not is_held(self._folder.parent.parent)  # a scheduler keeps the timeout, and knows of more pauses

    def _end(self, verdict: Verdict, reason: str, grace_s: float) -> None:
        """End all of it for the first reason that is given."""
        if self._kill_at is None and self._status is None:
            self._verdict, self._reason = verdict, reason
            self._ask_all(grace_s)

    def _ask_all(self, grace_s: float) -> None:
        self._kill_at = time.monotonic() + grace_s
        everyone = tree.descendants(os.getpid())
        tree.signal_all(everyone, signal.SIGTERM)
        tree.signal_all(everyone, signal.SIGCONT)

    def _drain(self) -> None:
        """Take what is still in the pipes; nobody is left to write."""
        while len(self._selector.get_map()) > 1 and self._selector.select(0):
            self._pump(0)
        self._selector.close()
        for output in self._outputs.values():
            output.close()

    # -- the end in words

    def _ending(self) -> Ending:
        evidence: dict[str, Any] = {
            "attempt": self._attempt.number,
            "status": self._status,
            "peak_memory_bytes": self._peak_bytes,
            "ran_s": round(time.monotonic() - self._started_at, 3),
        }
        if self._num_left:
            evidence["ended_with_it"] = self._num_left
        lost = [output.failure for output in self._outputs.values() if output.failure]
        if lost:
            evidence["output"] = lost[0]
        if self._verdict is not None:
            return Ending(self._verdict, self._reason, evidence)
        if self._status == 0:
            return Ending("succeeded", "", evidence)
        return Ending("failed", self._why(), evidence)

    def _why(self) -> str:
        if self._limit.exceeded(os.getpid()):
            return self._memory_sentence()
        assert self._status is not None
        return exit_reason(
            self._status,
            self._outputs["stderr"].last_line or self._outputs["stdout"].last_line,
            Circumstances.now(
                self._spec.cwd or os.getcwd(),
                memory_limit_bytes=self._spec.memory_bytes,
                killed_by_kernel=kernel_kills() > self._kernel_kills,
            ),
            says_why=self._spec.kind == "notebook",
        )

    def _memory_sentence(self) -> str:
        return f"it held more than its limit of {size(self._spec.memory_bytes or 0)} of memory"


def _why_not_started(spec: JobSpec, error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        if spec.cwd and error.filename == spec.cwd:
            return f"its working folder {spec.cwd} could not be entered: {error.strerror}"
        why = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    elif isinstance(error, ValueError):  # what no program can be given
        why = str(error)
    else:
        why = "its limits could not be set"
    return f"{spec.command[0]} could not be started: {why}"
