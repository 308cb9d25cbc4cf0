"""The scheduler on a disk that a job fills: it loses nothing, and goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds_notebook.errors import RecordError
from ds_notebook.record.events import Note
from ds_notebook.record.files import event_files
from ds_notebook.record.journal import TRY_EVERY_S
from ds_notebook.record.lock import hold_lock
from ds_notebook.schedule.attempt import Attempt, evidence_of, has_program
from ds_notebook.schedule.attempts import Attempts
from ds_notebook.schedule.client import Schedule
from ds_notebook.schedule.events import Exited
from ds_notebook.schedule.home import job_folder, open_home
from ds_notebook.schedule.producer import Producer, started_now
from ds_notebook.schedule.state import Placement
from ds_notebook.schedule.wrapper import JobRecord
from tests.schedule.conftest import QUICK, end_all_of, processes_of
from tests.schedule.jobs import shell, until


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


def test_a_job_that_takes_all_room_there_is_for_ever_is_ended_in_its_time(small_disk):
    schedule = Schedule()
    schedule.start(QUICK)
    schedule.submit(shell("fills", f"while :; do cat /dev/zero >> {small_disk}/filler; done", timeout_s=1.0))
    until(lambda: (small_disk / "filler").exists())
    until(lambda: processes_of(schedule.folder) == [schedule.pid])
    (small_disk / "filler").unlink()
    job = schedule.wait("fills", timeout_s=20)[0]

    assert (job.state, job.reason) == ("failed", "ran longer than its 1 s")


def test_a_job_whose_end_finds_no_room_is_not_run_again(small_disk, tmp_path):
    schedule = Schedule()
    schedule.start(QUICK)
    schedule.submit(shell("job", f"until [ -e {tmp_path}/go ]; do sleep 0.02; done; touch {tmp_path}/over"))
    until(lambda: schedule.job("job").state == "running")
    for reserve in schedule.folder.rglob("reserve"):
        reserve.unlink()
    filler = fill(small_disk)
    (tmp_path / "go").touch()
    until(lambda: (tmp_path / "over").exists() and len(processes_of(schedule.folder)) <= 2)
    time.sleep(0.3)
    filler.unlink()
    job = schedule.wait("job", timeout_s=20)[0]

    assert (job.state, job.attempt) == ("succeeded", 1)


def test_a_job_whose_wrapper_has_no_room_to_begin_is_started_again_once_there_is(small_disk):
    folder = job_folder(open_home(), "job")
    folder.mkdir()
    lock = hold_lock(folder)  # keeps the wrapper from its first word
    attempts = Attempts(folder.parent.parent, "queue", 0.3)
    attempts.start(shell("job", "exit 0"), 1, Placement())
    filler = fill(small_disk)
    os.close(lock)
    until(lambda: attempts.get("job", 1).wrapper_is_gone())
    while_full = attempts.poll()
    filler.unlink()
    facts: list[object] = []
    until(lambda: facts.extend(attempts.poll()) or facts)

    assert while_full == []
    assert facts == [Exited(job="job", attempt=1, status="never_started", reason="had no room on its disk to begin")]


def test_that_a_program_runs_is_said_once_there_is_room(small_disk):
    record = JobRecord(small_disk, Attempt(spec=shell("job", "exit 0"), number=1, placement=Placement()))
    evidence = evidence_of(small_disk, 1)
    record.say(Note(level="info", text="x" * (4000 - evidence.file.stat().st_size % 4096)))  # no room in its last page
    filler = fill(small_disk)
    with pytest.warns(UserWarning, match="Recording waits"):
        record.say_started(os.getpid())
    while_full = has_program(evidence)
    filler.unlink()
    time.sleep(TRY_EVERY_S)
    record.say()

    assert (while_full, has_program(evidence)) == (False, True)
    record.end("finished")


def test_a_job_starts_only_once_there_is_room_for_what_its_wrapper_reads(small_disk):
    attempts = Attempts(open_home(), "queue", 0.3)
    job_folder(open_home(), "job").mkdir()
    fill(small_disk)

    with pytest.raises(OSError, match="No space left"):
        attempts.start(shell("job", "exit 0"), 1, Placement())


def fill(disk: Path) -> Path:
    """Leave no room on `disk`; the file that takes it."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def test_what_is_tried_again_and_again_on_a_full_disk_leaves_no_files_behind(small_disk):
    producer = Producer(small_disk, started_now(small_disk, not_before=0.0, kind="schedule", name="schedule"))
    filler = fill(small_disk)
    producer.emit([Note(level="info", text="x" * 10_000)] * 26)  # in what was laid by
    for _ in range(5):
        with pytest.raises(RecordError):
            producer.emit([Note(level="info", text="x" * 10_000)])
    filler.unlink()
    producer.end("finished")

    assert sum(path.stat().st_size == 0 for path in event_files(small_disk)) <= 1
