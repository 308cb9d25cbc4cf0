"""Files of a run: written whole or not at all, opened only where they cannot lead astray."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.errors import RecordError
from ds_notebook.record.blobs import open_blob, save_blob
from ds_notebook.record.events import Artifact


def pointing_to(path: str, content: bytes = b"x") -> Artifact:
    return Artifact(kind="k", path=path, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def refusal(folder: Path, artifact: Artifact) -> str:
    with pytest.raises(RecordError) as caught:
        open_blob(folder, artifact)
    return str(caught.value)


def test_a_blob_is_read_as_it_was_saved(runs):
    with ds.start_run() as run:
        run.save_blob("weights", b"123", kind="weights")

    (artifact,) = run.record.artifacts
    assert (run.record.open(artifact), artifact.kind, artifact.size_bytes) == (b"123", "weights", 3)


def test_a_blob_can_be_saved_after_the_end(runs):
    with ds.start_run() as run:
        pass
    run.save_blob("weights", b"123", kind="weights")

    assert run.record.open(run.record.artifacts[0]) == b"123"
    assert run.record.state == "finished"


def test_a_blob_that_could_not_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "blobs/weights").mkdir(parents=True)
    with pytest.raises(OSError):
        save_blob(tmp_path, "weights", b"1", kind="weights")

    assert os.listdir(tmp_path / "blobs") == ["weights"]


def test_a_run_without_room_for_a_blob_says_so_and_goes_on(runs):
    with ds.start_run() as run:
        (run.path / "blobs").touch()
        saved = run.save_blob("weights", b"1", kind="weights")

    assert saved is None
    assert run.record.notes[-1].text == "weights could not be saved: File exists."


@pytest.mark.parametrize("path", ["../secret", "blobs/../../secret", "/etc/passwd", "", ".", "a\\b", "a\0b"])
def test_a_path_that_leaves_the_run_is_refused(tmp_path, path):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "run").mkdir()

    sentence = refusal(tmp_path / "run", pointing_to(path))

    assert sentence.endswith("points outside its run and is not opened.")


@pytest.mark.parametrize("link", ["run/file", "run/blobs"])
def test_a_link_is_refused(tmp_path, link):
    (tmp_path / "run").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "there/x").write_bytes(b"x")
    target = tmp_path / "there" if link == "run/blobs" else tmp_path / "there/x"
    (tmp_path / link).symlink_to(target)

    sentence = refusal(tmp_path / "run", pointing_to("blobs/x" if link == "run/blobs" else "file"))

    assert sentence.endswith("goes through a link and is not opened.")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    assert refusal(tmp_path, pointing_to("pipe")).endswith("is no file and is not opened.")


def test_a_missing_blob_is_said_in_a_sentence(tmp_path):
    sentence = refusal(tmp_path, pointing_to("blobs/x"))

    assert sentence == f"Artifact 'blobs/x' of run {tmp_path.name} is missing (No such file or directory)."


@pytest.mark.parametrize("now", [b"y", b"xx", b""])
def test_a_changed_blob_is_refused(tmp_path, now):
    artifact = save_blob(tmp_path, "x", b"x", kind="k")
    (tmp_path / "blobs/x").write_bytes(now)

    assert refusal(tmp_path, artifact).endswith("was changed since: its hash differs.")
