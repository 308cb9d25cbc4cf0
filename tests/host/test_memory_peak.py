"""The peak of this process's memory while a block runs, as the kernel counts it and as a thread sees it."""

from __future__ import annotations

import pytest

from ds_notebook.host import memory_peak
from ds_notebook.host.memory_peak import give_back_free_memory, peak_memory, resident_bytes

MB = 1 << 20


def test_the_peak_counts_what_was_freed_within_the_block() -> None:
    before = resident_bytes()

    with peak_memory() as peak:
        bytearray(80 * MB)

        assert peak() - before > 70 * MB


def test_the_peak_does_not_count_what_was_freed_before_the_block() -> None:
    before = resident_bytes()
    bytearray(80 * MB)

    with peak_memory() as peak:
        assert peak() - before < 40 * MB


def test_where_the_kernel_does_not_count_anew_a_thread_looks(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(memory_peak, "_SELF", tmp_path)  # neither clear_refs nor status: as on another system
    (tmp_path / "clear_refs").mkdir()
    before = resident_bytes()

    with peak_memory() as peak:
        held = bytearray(80 * MB)
        seen = peak()
        del held

    assert seen - before > 70 * MB


def test_giving_memory_back_twice_does_no_harm() -> None:
    give_back_free_memory()
    give_back_free_memory()
