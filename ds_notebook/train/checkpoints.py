"""Checkpoints of a training: copied between two steps, written behind its back, the newest few and the best kept."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ds_notebook.errors import RecordError
from ds_notebook.record import Record, Run
from ds_notebook.record.events import Artifact
from ds_notebook.train.checkpoint_file import Snapshot, read_checkpoint
from ds_notebook.train.tree import Tree

KIND = "checkpoint"
BEST = "best"
"""A second artifact event of this kind, for the same file, marks the best checkpoint so far."""
VERSION = 1

Done = Callable[[bool], None]


class Checkpoints:
    """Saves states of a run: one in flight, so at most one more copy of the state in memory.

    A file counts once its Artifact event is in the record; what a kill leaves before that is deleted by the next
    producer. Files that `keep` newer ones follow are deleted, unless they are the best or were asked for.
    """

    def __init__(self, run: Run, every_s: float, keep: int) -> None:
        self._run = run
        self._every_s = every_s
        self._keep = keep
        self._snapshot = Snapshot()
        self._writer: threading.Thread | None = None
        self._next_s = time.monotonic() + every_s
        self._recent: list[Artifact] = []
        self._best: Artifact | None = None
        self.last_step: int | None = None
        """The step of the last checkpoint that was taken; None before the first."""
        self._take_over()

    @property
    def due(self) -> bool:
        """Whether the time has come, and the one before is on the disk."""
        return time.monotonic() >= self._next_s and not (self._writer and self._writer.is_alive())

    def save(self, tree: Tree, step: int, *, best: bool = False, keep: bool = False, done: Done | None = None) -> None:
        """Copy `tree` now and write it later; waits for the one before. `keep` protects the file from rotation.

        `done` is called from the writing thread with whether it succeeded; a disk without room leaves an error Note.
        """
        self.wait()
        parts = self._snapshot.take({"version": VERSION, "step": step, **tree})
        self.last_step = step
        self._next_s = time.monotonic() + self._every_s
        self._writer = threading.Thread(
            target=self._write, args=(parts, step, best, keep, done), name=f"ds-checkpoint {step}"
        )
        self._writer.start()

    def wait(self) -> None:
        """Return once nothing is in flight."""
        if self._writer is not None:
            self._writer.join()
            self._writer = None

    def _write(self, parts: Any, step: int, best: bool, keep: bool, done: Done | None) -> None:
        name = f"checkpoint-{step}-{secrets.token_hex(2)}.safetensors"  # a run that goes back writes a step twice
        artifact = self._run.save_blob(name, parts, kind=KIND, step=step)
        if artifact is not None:
            before = self._best
            if best:
                self._best = Artifact(
                    kind=BEST, path=artifact.path, size_bytes=artifact.size_bytes, sha256=artifact.sha256, step=step
                )
                self._run.emit(self._best, durable=True)
            if not keep:
                self._recent.append(artifact)
            self._rotate(before if best else None)
        if done:
            done(artifact is not None)

    def _rotate(self, best_before: Artifact | None) -> None:
        """Delete what newer ones follow, after those are on the disk."""
        old, self._recent = self._recent[: -self._keep], self._recent[-self._keep :]
        kept = {artifact.path for artifact in (*self._recent, *([self._best] if self._best else []))}
        for artifact in (*old, *([best_before] if best_before else [])):
            if artifact.path not in kept:
                (self._run.path / artifact.path).unlink(missing_ok=True)

    def _take_over(self) -> None:
        """The files of an earlier producer of this run rotate on; what it left half written goes."""
        for left in self._run.path.glob("blobs/.checkpoint-*.part"):
            left.unlink(missing_ok=True)
        for artifact in self._run.record.artifacts:
            if artifact.kind == BEST:
                self._best = artifact
            elif artifact.kind == KIND and (self._run.path / artifact.path).is_file():
                self._recent.append(artifact)


def checkpoints_of(record: Record) -> Iterator[Artifact]:
    """A record's checkpoints whose files are still there, newest first."""
    artifacts = [artifact for artifact in record.artifacts if artifact.kind == KIND]
    return (artifact for artifact in reversed(artifacts) if (record.path / artifact.path).is_file())


def open_checkpoint(record: Record, artifact: Artifact) -> Tree:
    """The state in a checkpoint; raises RecordError for one that is damaged, not ours, or of a newer version."""
    tree = read_checkpoint(record.open(artifact))
    if not isinstance(tree, dict) or tree.get("version") != VERSION:
        raise RecordError(f"Checkpoint {artifact.path} of run {record.id} is of another version and cannot be read.")
    return tree


def last_good(record: Record) -> tuple[Artifact, Tree, list[str]] | None:
    """The newest checkpoint that opens, its state, and a sentence for each newer one that does not; None without."""
    refused: list[str] = []
    for artifact in checkpoints_of(record):
        try:
            return artifact, open_checkpoint(record, artifact), refused
        except RecordError as error:
            refused.append(str(error))
    return None
