"""Loading libraries is no part of what a trial measures; the user's own modules are."""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.trials.loading import loading_timed


@pytest.fixture
def slow_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The path of a module of the user's that works for 50 ms and imports one of the standard library."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    path = tmp_path / "slow_module_of_a_user.py"
    path.write_text("import time\ntime.sleep(0.05)\nimport wave\n")
    yield path
    sys.modules.pop(path.stem, None)


def test_a_library_is_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wave", raising=False)

    with loading_timed(Places()) as loading:
        import wave

        first_s = loading.seconds
        import wave  # noqa: F811

    assert loading.seconds == first_s > 0 and wave


def test_the_users_own_modules_are_part_of_the_program(slow_module: Path) -> None:
    began_s = time.perf_counter()

    with loading_timed(Places()) as loading:
        __import__(slow_module.stem)

    assert 0 < loading.seconds < time.perf_counter() - began_s - 0.05


def test_imports_are_pythons_own_again_after_an_error() -> None:
    before = builtins.__import__

    with pytest.raises(ModuleNotFoundError), loading_timed(Places()):
        __import__("there_is_no_such_module")

    assert builtins.__import__ is before
