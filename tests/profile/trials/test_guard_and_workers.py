"""What the guard of a trial lets through, since a loader's workers cannot do without it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ds_notebook.profile.trials.guard import _Guard


@pytest.fixture
def guard(tmp_path: Path) -> _Guard:
    """Not installed: it is only asked."""
    return _Guard(tmp_path, lambda frame: "prog.py, line 1")


def test_workers_send_tensors_over_a_socket_that_is_connected_already(guard: _Guard, tmp_path: Path) -> None:
    one, other = socket.socketpair()
    with one, other:
        assert guard._objection("socket.sendmsg", (one, None)) == ""
        assert guard._objection("socket.connect", (one, str(tmp_path / "tmp" / "pymp-1" / "listener"))) == ""
        assert guard._objection("socket.connect", (one, "/run/database.sock")) == "opens a socket"


def test_only_what_workers_share_may_lie_in_shared_memory(guard: _Guard) -> None:
    assert guard._objection("open", ("/dev/shm/pym-12-abc", None, os.O_RDWR)) == ""
    assert guard._objection("open", ("/dev/shm/results.txt", None, os.O_RDWR)) == "writes a file"


def test_what_a_library_keeps_in_the_copys_own_folder_while_it_loads_is_its_affair(
    guard: _Guard, tmp_path: Path
) -> None:
    assert guard._is_temporary("os.mkdir", (str(tmp_path / "tmp" / "torchinductor_user"), 0o777, -1))
    assert not guard._is_temporary("os.mkdir", ("/tmp/elsewhere", 0o777, -1))
