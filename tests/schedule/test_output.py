"""What a job prints: its newest part is kept, whatever its amount."""

from __future__ import annotations

from ds_notebook.schedule.output import OutputFile


def test_a_flood_is_kept_in_two_files_of_bounded_size(tmp_path):
    output = OutputFile(tmp_path, "stdout-1", max_bytes=1000)
    for number in range(1000):
        output.write(f"line {number}\n".encode())
    output.close()
    older, newer = (tmp_path / "stdout-1.older.log").read_text(), (tmp_path / "stdout-1.log").read_text()

    assert (older + newer).endswith("line 998\nline 999\n")
    assert 1000 <= len(older) < 1020 and len(newer) < 1000


def test_the_last_line_that_says_something_is_known(tmp_path):
    output = OutputFile(tmp_path, "stderr-1")
    output.write(b"first\nlast \xff words\n\n  \n")
    output.close()

    assert output.last_line == "last \ufffd words"


def test_a_disk_that_refuses_is_said_and_raises_nothing(tmp_path):
    output = OutputFile(tmp_path / "gone", "stdout-1")
    output.write(b"words")

    assert output.failure == "What it printed could not be kept: No such file or directory."
