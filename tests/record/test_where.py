"""Records lie where the user expects them, and nobody else can read them."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest

import ds_notebook as ds
from ds_notebook.errors import RecordError
from ds_notebook.record.where import new_run_folder, runs_folder
from tests.record.python import run_python, start_python


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DS_RUNS", raising=False)


def test_ds_runs_decides(runs):
    assert runs_folder() == runs


@pytest.mark.parametrize("mark", ["project/ds_runs", "project/.git"])
def test_the_nearest_project_upward_keeps_the_runs(tmp_path, unset, mark):
    (tmp_path / mark).mkdir(parents=True)
    deep = tmp_path / "project/notebooks/old"
    deep.mkdir(parents=True)

    assert runs_folder(deep) == tmp_path / "project/ds_runs"


def test_the_nearest_of_several_projects_wins(tmp_path, unset):
    (tmp_path / ".git").mkdir()
    (tmp_path / "inner/ds_runs").mkdir(parents=True)

    assert runs_folder(tmp_path / "inner") == tmp_path / "inner/ds_runs"


def test_a_run_folder_is_the_users_own_and_not_for_git(runs):
    folder = new_run_folder(runs)

    assert [runs.stat().st_mode & 0o777, folder.stat().st_mode & 0o777] == [0o700, 0o700]
    assert (runs / ".gitignore").read_text() == "*\n"


def test_the_users_own_seed_is_left_alone(runs):
    random.seed(3)
    with ds.start_run():
        pass

    after_a_run = random.random()
    random.seed(3)
    assert after_a_run == random.random()


def test_two_processes_that_start_runs_at_once_get_folders_of_their_own(runs):
    code = """
        import threading
        from ds_notebook.record.where import new_run_folder, runs_folder
        make = lambda: print(new_run_folder(runs_folder()).name + "\\n", end="")
        threads = [threading.Thread(target=make) for _ in range(8)]
        input()
        [thread.start() for thread in threads], [thread.join() for thread in threads]
    """
    with start_python(code, runs) as one, start_python(code, runs) as two:
        names = [name for out, _ in (one.communicate("\n"), two.communicate("\n")) for name in out.split()]

    assert len(names) == len(set(names)) == 16


@pytest.mark.parametrize("unusable", ["/proc/nope", "file/below"])
def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(tmp_path, monkeypatch, unusable):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DS_RUNS", str(tmp_path / unusable))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.warns(UserWarning, match=r"cannot be written .*Set DS_RUNS"), ds.start_run() as run:
        run.log(loss=1.0)

    assert run.path.parent == tmp_path / f"ds_runs-{os.getuid()}"
    assert "cannot be written" in run.record.notes[0].text and run.record.state == "finished"


def test_a_temporary_folder_laid_by_someone_else_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("DS_RUNS", "/proc/nope")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "trap").mkdir()
    (tmp_path / f"ds_runs-{os.getuid()}").symlink_to(tmp_path / "trap")
    with pytest.warns(UserWarning, match="cannot be written"), ds.start_run() as run:
        pass

    assert list((tmp_path / "trap").iterdir()) == []
    assert run.path.parent.stat().st_mode & 0o777 == 0o700


def test_where_nothing_can_be_written_a_sentence_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("DS_RUNS", "/proc/nope")
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nope")

    with pytest.raises(RecordError, match=r"Neither .* nor .* can be written: free some space"):
        ds.start_run()


def test_a_home_in_ds_runs_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DS_RUNS", "~/my runs")

    assert runs_folder() == Path(tmp_path / "my runs")


def test_a_run_of_a_script_without_settings_lies_beside_it(tmp_path):
    shown = run_python(
        "import os; os.chdir(os.environ.pop('DS_RUNS')); import ds_notebook as ds;print(ds.start_run().path.parent)",
        tmp_path,
    )

    assert shown.strip() == str(tmp_path / "ds_runs")


def test_what_lies_in_a_folder_that_is_everyones_is_not_the_users(tmp_path, unset):
    (tmp_path / "ds_runs").mkdir()
    tmp_path.chmod(0o1777)
    project = tmp_path / "project"

    assert runs_folder(project) == project / "ds_runs"
