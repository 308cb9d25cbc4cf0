"""What a full disk refuses waits, with one warning and one Note, and the training goes on."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.record import Record, journal
from ds_notebook.record.journal import TRY_EVERY_S
from tests.record.python import run_python


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "small", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room on `disk`; the file that takes it."""
    filler = disk / "filler"
    with pytest.raises(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    return filler


def train(run: ds.Run, num_steps: int = 3) -> int:
    """Steps that the loop came through, with a write after each."""
    done = 0
    for step in run.steps(range(num_steps)):
        run.log(loss=step)
        run._next_flush = run._due = 0
        done += 1
    return done


def test_the_loop_goes_on_to_its_end_and_the_warning_comes_once(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with pytest.warns(UserWarning, match=r"Recording waits: .*No space left") as caught, ds.start_run() as run:
        train(run)
        fill(small_disk)
        run.note("x" * 8192)
        done = train(run, 5)

    assert (done, run.status, len(caught)) == (5, "finished", 1)


def test_after_space_is_freed_all_that_was_recorded_meanwhile_is_in_the_record(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with pytest.warns(UserWarning, match="Recording waits"), ds.start_run() as run:
        train(run)
        filler = fill(small_disk)
        run.note("x" * 8192)
        train(run)
        filler.unlink()

    assert run.record.state == "finished"
    assert run.record.columns()["loss"][2] == [0, 1, 2, 0, 1, 2]
    long, gap = run.record.notes
    assert (len(long.text), gap.level) == (8192, "warning")
    assert "No space left on device" in gap.text


def test_what_waits_is_written_within_a_second_or_two_of_free_space_though_nothing_new_is_said(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with pytest.warns(UserWarning, match="Recording waits"), ds.start_run() as run:
        filler = fill(small_disk)
        run.note("x" * 8192)
        filler.unlink()
        deadline = time.monotonic() + 20 * TRY_EVERY_S
        while not run.record.notes and time.monotonic() < deadline:
            time.sleep(0.05)

        assert [len(note.text) for note in run.record.notes][:1] == [8192]


def test_what_finds_no_room_in_memory_either_is_counted(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    monkeypatch.setattr(journal, "MOST_WAITING_BYTES", 10_000)
    with pytest.warns(UserWarning, match="Recording waits"), ds.start_run() as run:
        filler = fill(small_disk)
        for _ in range(3):
            run.note("x" * 8192)
        filler.unlink()

    assert [note.level for note in run.record.notes] == ["info", "error"]
    assert run.record.notes[1].text.endswith("2 events found no room in memory and are lost.")


def test_a_disk_that_stays_full_leaves_a_record_that_opens(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with pytest.warns(UserWarning, match="Recording waits"), ds.start_run() as run:
        train(run)
        fill(small_disk)
        run.note("x" * 8192)

    assert run.record.columns()["loss"][2] == [0, 1, 2]
    assert run.record.started is not None


def test_a_blob_without_room_is_said_and_leaves_nothing(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with ds.start_run() as run:
        saved = run.save_blob("weights", bytes(1 << 20), kind="weights")

    assert saved is None and os.listdir(run.path / "blobs") == []
    assert run.record.notes[0].text == "weights could not be saved: No space left on device."


def test_a_run_that_starts_on_a_full_disk_is_recorded_if_there_is_room_again(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with ds.start_run():
        pass  # the runs folder is there
    filler = fill(small_disk)
    with pytest.warns(UserWarning, match="Recording waits"), ds.start_run("second") as run:
        filler.unlink()

    assert (run.record.started.name, run.record.state) == ("second", "finished")
    assert run.id in [record.id for record in ds.runs()]


def test_a_full_runs_folder_is_replaced_by_a_temporary_one(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    with pytest.warns(UserWarning, match="Read-only file system.*is kept in"), ds.start_run() as run:
        done = train(run)

    assert (done, run.record.state) == (3, "finished")
    for path in sorted(run.path.rglob("*"), reverse=True):
        path.unlink()
    run.path.rmdir()


def test_a_gate_on_a_record_that_may_only_be_read_is_checked_all_the_same(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with ds.start_run() as run:
        train(run)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    (result,) = Record(run.path).check("last(loss) == 2")

    assert result.passed and run.record.decisions == []


def test_a_limit_on_the_size_of_a_file_holds_up_the_recording_only(runs):
    code = """
        import resource
        import ds_notebook as ds
        with ds.start_run() as run:
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
            for step in run.steps(range(2000)):
                run.log(loss=step, text=1 / (step + 1))
            run._flush()
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        print("came through", step)
    """
    shown = run_python(code, runs)

    (record,) = ds.runs()
    assert "came through 1999" in shown and shown.count("UserWarning: Recording waits") == 1
    assert (record.state, record.columns()["loss"][2]) == ("finished", list(range(2000)))


def test_a_file_that_the_record_could_not_name_is_not_kept_and_the_record_says_so(runs):
    code = """
        import resource
        import ds_notebook as ds
        with ds.start_run() as run:
            run.note("x" * 5000)
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
            saved = run.save_blob("weights", b"1", kind="weights")
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        print(saved)
    """
    shown = run_python(code, runs)

    (record,) = ds.runs()
    assert "None" in shown and shown.count("UserWarning: Recording waits") == 1
    assert (list((record.path / "blobs").iterdir()), record.artifacts, record.state) == ([], [], "finished")
    assert record.notes[1].text == "weights could not be saved: the run's record could not be written."


def test_checkpoints_are_kept_again_once_there_is_room(small_disk, monkeypatch):
    monkeypatch.setenv("DS_RUNS", str(small_disk / "runs"))
    with pytest.warns(UserWarning, match="Recording waits"), ds.start_run() as run:
        filler = fill(small_disk)
        run.note("x" * 8192)
        filler.unlink()
        saved = run.save_blob("weights", b"1", kind="weights")

    assert run.record.artifacts == [saved]
