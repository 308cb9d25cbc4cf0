"""The scheduler on a disk that a job fills: it loses nothing, and goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds_notebook.errors import RecordError
from ds_notebook.record.events import Note
from ds_notebook.record.files import event_files
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.producer import Producer, started_now
from tests.schedule.conftest import QUICK, end_all_of
from tests.schedule.jobs import shell


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of 2 MB, where the scheduler's folder lies."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "small", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    home = disk / "scheduler"
    monkeypatch.setenv("DS_SCHEDULER", str(home))
    yield disk
    end_all_of(home)
    subprocess.run(["umount", str(disk)], check=True)


def test_a_job_that_fills_the_disk_of_the_scheduler_fails_with_that_reason_and_the_others_go_on(small_disk, tmp_path):
    schedule = Schedule()
    schedule.start(QUICK)
    schedule.submit(
        shell("fills", f"until [ -e {tmp_path}/begun ]; do sleep 0.05; done; cat /dev/zero > {small_disk}/filler"),
        shell("other", f"touch {tmp_path}/begun; sleep 1"),
        shell("later", "sleep 0.1", after=["other"]),
    )
    jobs = {job.id: job for job in schedule.wait("fills", "other", timeout_s=20)}
    (small_disk / "filler").unlink()
    later = schedule.wait("later", timeout_s=20)[0]

    assert "No space left on device" in jobs["fills"].reason
    assert [jobs["fills"].state, jobs["other"].state, later.state] == ["failed", "succeeded", "succeeded"]


def test_what_is_tried_again_and_again_on_a_full_disk_leaves_no_files_behind(small_disk):
    producer = Producer(small_disk, started_now(small_disk, not_before=0.0, kind="schedule", name="schedule"))
    with contextlib.suppress(OSError), open(small_disk / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))
    producer.emit([Note(level="info", text="x" * 10_000)] * 26)  # in what was laid by
    for _ in range(5):
        with pytest.raises(RecordError):
            producer.emit([Note(level="info", text="x" * 10_000)])
    (small_disk / "filler").unlink()
    producer.end("finished")

    assert sum(path.stat().st_size == 0 for path in event_files(small_disk)) <= 1
