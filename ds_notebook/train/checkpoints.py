"""Checkpoints of a training: copied between two steps, written behind its back, the newest few and the best kept."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from ds_notebook.errors import RecordError
from ds_notebook.record import Record, Run
from ds_notebook.record.events import Artifact
from ds_notebook.train.checkpoint_file import Snapshot, read_checkpoint
from ds_notebook.train.tree import Tree

KIND = "checkpoint"
BEST = "best"
"""A second artifact event of this kind, for the same file, marks the best checkpoint so far."""
KEPT = "kept"
"""And one of this kind a checkpoint that a person asked for: it is never deleted."""
_OURS = re.compile(r"blobs/checkpoint-\d+-[0-9a-f]+\.safetensors")
"""A record may be a stranger's: no other file of it is ever deleted."""
VERSION = 2

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
        try:
            self._writer.start()
        except RuntimeError:  # Python 3.12 starts no thread once the process is on its way out
            self._writer.run()
            self._writer = None

    def wait(self) -> None:
        """Return once nothing is in flight."""
        if self._writer is not None:
            self._writer.join()
            self._writer = None

    def _write(self, parts: Any, step: int, best: bool, keep: bool, done: Done | None) -> None:
        name = f"checkpoint-{step}-{secrets.token_hex(2)}.safetensors"  # a run that goes back writes a step twice
        marks = [mark for mark, is_meant in ((BEST, best), (KEPT, keep)) if is_meant]
        artifact = self._run.save_blob(name, parts, kind=KIND, step=step, marks=marks)
        if artifact is not None:
            best_before = self._best if best else None
            if best:
                self._best = artifact
            if not keep:
                self._recent.append(artifact)
            self._rotate(best_before)
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
        blobs = self._run.path / "blobs"
        if blobs.is_symlink():
            raise RecordError(
                f"The blobs of run {self._run.id} lie elsewhere, behind a link: it cannot be gone on with."
            )
        for left in blobs.glob(".checkpoint-*.part"):
            left.unlink(missing_ok=True)
        artifacts = [each for each in self._run.record.artifacts if _OURS.fullmatch(each.path)]
        kept = {each.path for each in artifacts if each.kind == KEPT}
        for artifact in artifacts:
            if artifact.kind == BEST:
                self._best = artifact
            elif artifact.kind == KIND and artifact.path not in kept and (self._run.path / artifact.path).is_file():
                self._recent.append(artifact)


def checkpoints_of(record: Record) -> Iterator[Artifact]:
    """A record's checkpoints whose files are still there, newest first."""
    artifacts = [artifact for artifact in record.artifacts if artifact.kind == KIND]
    return (artifact for artifact in reversed(artifacts) if (record.path / artifact.path).is_file())


def open_checkpoint(record: Record, artifact: Artifact) -> Tree:
    """The state in a checkpoint; raises RecordError for one that is damaged, not ours, or of a newer version."""
    tree = read_checkpoint(record.open(artifact))
    if isinstance(tree, dict) and tree.get("version") == 1:  # without the state of a loss
        tree = {**tree, "version": VERSION, "loss": {}}
    if not isinstance(tree, dict) or tree.get("version") != VERSION or not tree.keys() >= _ENTRIES:
        raise RecordError(f"Checkpoint {artifact.path} of run {record.id} is of another version and cannot be read.")
    return tree


_ENTRIES = set(
    "step epoch batches_done batch_size next_batch_size num_rollbacks data device precision channels_last micro_batch "
    "model loss other_weights optimizer optimizer_kind scheduler scheduler_kind scaler early_stop ema rng".split()
)


def _holds_nan(tree: Tree) -> bool:
    """Whether the weights are spoilt: a finite loss may still have had a gradient that was not."""
    return any(
        isinstance(value, Tensor) and value.is_floating_point() and bool(value.isnan().any())
        for value in tree["model"].values()
    )


def last_good(record: Record) -> tuple[Artifact, Tree, list[str]] | None:
    """The newest checkpoint that opens and holds no NaN, its state, and a sentence for each newer one that does not.

    None where there is none.
    """
    refused: list[str] = []
    return next(((artifact, tree, refused) for artifact, tree in good_checkpoints(record, refused)), None)


def good_checkpoints(record: Record, refused: list[str]) -> Iterator[tuple[Artifact, Tree]]:
    """The checkpoints that open and hold no NaN, newest first; a sentence for each other one is put into `refused`."""
    for artifact in checkpoints_of(record):
        try:
            tree = open_checkpoint(record, artifact)
        except RecordError as error:
            refused.append(str(error))
            continue
        if _holds_nan(tree):
            refused.append(f"The weights of {artifact.path} hold NaN.")
        else:
            yield artifact, tree
