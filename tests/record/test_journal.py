"""A writer owns its file, and never stops what it records."""

from __future__ import annotations

import os
import resource
import warnings

import pytest

from ds_notebook.record import Record
from ds_notebook.record.events import Note
from ds_notebook.record.journal import Journal, write_apart


def note(text: str) -> Note:
    return Note(at=1.0, level="info", text=text)


def num_open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_folder_without_events_has_no_file(tmp_path):
    Journal(tmp_path).write([])

    assert list(tmp_path.iterdir()) == []


def test_what_is_written_after_closing_goes_to_a_new_file(tmp_path):
    journal = Journal(tmp_path)
    for text in ("a", "b"):
        journal.write([note(text)])
        journal.close()

    assert len(list(tmp_path.iterdir())) == 2
    assert {event.text for event in Record(tmp_path).notes} == {"a", "b"}


def test_only_the_user_can_read_a_record(tmp_path):
    write_apart(tmp_path, [note("a")])

    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_a_folder_that_cannot_be_written_is_said_once_and_raises_nothing(tmp_path):
    journal = Journal(tmp_path / "gone")
    with pytest.warns(UserWarning, match=r"Recording waits: .*No such file") as caught:
        journal.write([note("a")])
        journal.write([note("b")])

    assert len(caught) == 1


def test_warnings_that_are_errors_do_not_end_a_training(tmp_path):
    journal = Journal(tmp_path / "gone")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        journal.write([note("a")])

    assert "No such file" in journal.failure


def test_what_must_be_written_now_is_refused_whole_and_leaves_no_half_line(tmp_path):
    journal = Journal(tmp_path)
    journal.write([note("a")])
    (file,) = tmp_path.iterdir()
    before, size = resource.getrlimit(resource.RLIMIT_FSIZE), file.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        written = journal.write_now([note("b"), note("c" * 1000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert (written, file.stat().st_size) == (False, size)
    assert journal.write_now([note("d")])
    assert [each.text for each in Record(tmp_path).notes] == ["a", "d"]
    journal.close()


def test_what_waits_is_tried_once_more_when_the_file_is_given_back(tmp_path):
    journal = Journal(tmp_path / "later")
    with pytest.warns(UserWarning, match="Recording waits"):
        journal.write([note("a")])
    (tmp_path / "later").mkdir()
    journal.write([note("b")])  # within the second in which nothing is tried
    journal.close()

    assert [each.text for each in Record(tmp_path / "later").notes][:2] == ["a", "b"]


def test_what_waits_is_not_written_a_second_time_by_a_forked_child(tmp_path):
    journal = Journal(tmp_path / "later")
    with pytest.warns(UserWarning, match="Recording waits"):
        journal.write([note("a")])
    (tmp_path / "later").mkdir()
    if (child := os.fork()) == 0:
        journal.close()
        os._exit(0)
    os.waitpid(child, 0)

    assert list((tmp_path / "later").iterdir()) == []


def test_writing_apart_leaves_no_file_open(tmp_path):
    before = num_open_files()
    write_apart(tmp_path, [note("a")])

    assert num_open_files() == before
