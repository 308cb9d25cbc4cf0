"""One attempt at a job: what its wrapper is told in a file, and what it leaves in the job's record."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ds_notebook.record.events import Decision, RunEnded, RunStarted
from ds_notebook.record.files import event_files, first_event, stream
from ds_notebook.record.lock import is_held
from ds_notebook.record.mask import MASK, masked
from ds_notebook.schedule.events import ExitStatus
from ds_notebook.schedule.job import JobSpec
from ds_notebook.schedule.state import Placement

EXIT = "exit"
"""Policy of the Decision that says how an attempt ended."""
PROGRAM = "program"
"""Policy of the Decision that says that the user's program runs: from now on it can be moved and weakened."""
CHILD_RUN = "child-run"
"""Policy of the Decision that says where a run lies that the job's code started."""
_SPEC = "spec.json"
_NO_SECRETS = ("DS_RUNS",)


class Attempt(msgspec.Struct, kw_only=True, frozen=True):
    """What a wrapper is to start."""

    spec: JobSpec
    number: int
    """From 1."""
    placement: Placement
    queue: str = ""
    """Id of the scheduler's own run, the job's parent."""
    grace_s: float = 10.0
    """A job that is asked to end is killed after this."""


class Outcome(NamedTuple):
    """How an attempt ended."""

    status: ExitStatus
    reason: str = ""


class Evidence(NamedTuple):
    """What the record has of an attempt."""

    started: RunStarted
    file: Path


def recorded(spec: JobSpec) -> JobSpec:
    """The spec as a record may hold it: the environment by name only, what looks like a secret masked."""
    return msgspec.structs.replace(
        spec,
        env={name: value if name in _NO_SECRETS else "" for name, value in spec.env.items()},
        parameters=masked(spec.parameters),
        command=_without_secrets(spec),
    )


def _without_secrets(spec: JobSpec) -> list[str]:
    """The command without the values of `--password VALUE`, `password=VALUE`, and of parameters that are secret."""
    secrets = [str(value) for name, value in spec.parameters.items() if masked(value, name) != value and value]
    words, before = [], ""
    for word in spec.command:
        for secret in secrets:
            word = word.replace(secret, MASK)
        safe = masked(word, before)
        name, equals, value = word.partition("=")
        if safe == word and equals and re.fullmatch(r"[\w-]+", name):
            safe = name + equals + masked(value, name.replace("-", "_"))
        words.append(safe)
        before = word.replace("-", "_") if word.startswith("-") and not equals else ""
    return words


def keep_spec(folder: Path, spec: JobSpec) -> None:
    """Keep durably what the record may not hold of a job, readable by its owner alone."""
    if spec == recorded(spec):
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_whole(folder / _SPEC, msgspec.json.encode(spec), durable=True)


def whole_spec(folder: Path, spec: JobSpec) -> JobSpec:
    """The spec with what its record does not hold."""
    try:
        return msgspec.json.decode((folder / _SPEC).read_bytes(), type=JobSpec)
    except FileNotFoundError:
        return spec


def write_attempt(folder: Path, attempt: Attempt) -> None:
    """Lay down what the wrapper reads."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_whole(_attempt_file(folder, attempt.number), msgspec.json.encode(attempt))


def read_attempt(folder: Path, number: int) -> Attempt:
    return msgspec.json.decode(_attempt_file(folder, number).read_bytes(), type=Attempt)


def _attempt_file(folder: Path, number: int) -> Path:
    return folder / f"attempt-{number}.json"


def evidence_of(folder: Path, number: int) -> Evidence | None:
    """The attempt's start in the job's record: once it is there, the attempt is never started again."""
    for file in event_files(folder):
        started = first_event(file)
        if isinstance(started, RunStarted) and started.config.get("attempt") == number:
            return Evidence(started, file)
    return None


def has_program(evidence: Evidence) -> bool:
    """Whether the attempt's program was started, or could not be: either is the last thing that its start can be."""
    events = stream(evidence.file)
    return any(isinstance(event, Decision) and event.policy in (PROGRAM, EXIT) for event in events)


def has_begun(folder: Path, number: int) -> bool:
    """Whether this attempt, or a later one, was ever begun."""
    starts = (first_event(file) for file in event_files(folder))
    return any(isinstance(start, RunStarted) and start.config.get("attempt", 0) >= number for start in starts)


def outcome_of(evidence: Evidence, folder: Path) -> Outcome | None:
    """How the attempt ended, None while it runs; "lost" where its wrapper is gone without a word."""
    said = _said(evidence)
    if said is None and not is_alive(folder):
        said = _said(evidence) or Outcome("lost")  # it may have ended between the two looks
    return said


def is_alive(folder: Path) -> bool:
    """Whether the wrapper of the job's newest attempt is there: it holds the job's lock until its whole tree is gone.

    The lock, and not the process's number and start: those would be taken for another's where the clock was set.
    """
    return is_held(folder)


def _said(evidence: Evidence) -> Outcome | None:
    outcome = None
    for event in stream(evidence.file):
        match event:
            case Decision(policy="exit"):
                outcome = Outcome(_STATUS.get(event.verdict, "failed"), event.reason)
            case RunEnded():
                return outcome
    return None


_STATUS: dict[str, ExitStatus] = {"succeeded": "succeeded", "stopped": "stopped", "lost": "lost"}
"""By the verdict of the exit."""


def spec_builtins(spec: JobSpec) -> dict[str, Any]:  # any JSON
    """The spec as a record holds it."""
    plain: dict[str, Any] = msgspec.to_builtins(recorded(spec))
    return plain


def _write_whole(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write a file that is there as a whole or not at all."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(file, left) :]  # a disk that is just full takes a part of it
        if durable:
            os.fsync(file)
        os.replace(new, path)
    except OSError:
        os.unlink(new)
        raise
    finally:
        os.close(file)
