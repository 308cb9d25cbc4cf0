"""Files that belong to a run: written whole or not at all, named by an Artifact event, opened only inside it."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ds_notebook.errors import RecordError
from ds_notebook.record.events import Artifact
from ds_notebook.record.files import sync_folder

Content = bytes | Sequence[bytes | memoryview]
"""A file's bytes, or its parts in order."""


def save_blob(folder: Path, name: str, content: Content, *, kind: str, step: int | None = None) -> Artifact:
    """Write `blobs/<name>` under a temporary name, fsync, rename; the event to emit is returned. Raises OSError."""
    parts = [content] if isinstance(content, bytes) else content
    blobs = folder / "blobs"
    blobs.mkdir(mode=0o700, exist_ok=True)
    temporary = blobs / f".{name}.{secrets.token_hex(4)}.part"
    try:
        with open(temporary, "xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, blobs / name)
    except BaseException:  # an interrupt too leaves no half file
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(blobs)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return Artifact(
        kind=kind, path=f"blobs/{name}", size_bytes=sum(map(len, parts)), sha256=digest.hexdigest(), step=step
    )


def path_inside(folder: Path, artifact: Artifact) -> Path:
    """Where an artifact lies; raises RecordError for a path that leaves the run's folder or goes through a link.

    A record may be a stranger's: nothing of it is read or deleted by any other path.
    """
    relative = PurePosixPath(artifact.path)
    path = folder / relative
    if folder not in path.parents or ".." in relative.parts or "\\" in artifact.path or "\0" in artifact.path:
        raise RecordError(f"Artifact {artifact.path!r} points outside its run and is not opened.")
    if any(part.is_symlink() for part in (path, *path.parents) if folder in part.parents):
        raise RecordError(f"Artifact {artifact.path!r} goes through a link and is not opened.")
    return path


def open_blob(folder: Path, artifact: Artifact) -> bytes:
    """The bytes of an artifact, checked against its hash.

    Raises RecordError as `path_inside` does, and for a file that is missing or not the one that was recorded.
    """
    path = path_inside(folder, artifact)
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # reading a pipe waits for ever
            raise RecordError(f"Artifact {artifact.path!r} of run {folder.name} is no file and is not opened.")
        content = path.read_bytes() if state.st_size == artifact.size_bytes else b""
    except OSError as error:
        raise RecordError(f"Artifact {artifact.path!r} of run {folder.name} is missing ({error.strerror}).") from None
    if len(content) != artifact.size_bytes or hashlib.sha256(content).hexdigest() != artifact.sha256:
        raise RecordError(f"Artifact {artifact.path!r} of run {folder.name} was changed since: its hash differs.")
    return content
