"""From a path to a folder and back, and to nowhere else."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ds_notebook.errors import DsError, RecordError
from ds_notebook.lab.paths import PathRefused, Places


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A root with notebooks and links, a folder of DS_RUNS beside it, and one beside both."""
    base = tmp_path_factory.mktemp("places").resolve()
    for path in ("root/nb/deep", "root/nb/ds_runs/a-run", "root/.hidden", "root/repo/.git", "root/repo/sub", "out/run"):
        (base / path).mkdir(parents=True)
    (base / "runs/another").mkdir(parents=True)
    os.symlink(base / "out", base / "root/link")
    os.symlink(base / "root/nb", base / "root/inside")
    os.symlink(base / "root/.hidden", base / "root/seen")
    return Places.of(str(base / "root"), str(base / "runs"))


def test_a_path_is_a_folder_below_the_root(places):
    assert places.folder("nb/ds_runs/a-run") == places.root / "nb/ds_runs/a-run"


def test_no_path_is_the_root(places):
    assert places.folder("") == places.root


def test_the_variable_has_a_name_of_its_own(places):
    assert places.folder("@DS_RUNS/another") == places.ds_runs / "another"
    assert places.path_of(places.ds_runs / "another") == "@DS_RUNS/another"


def test_without_the_variable_its_name_is_refused(places):
    with pytest.raises(RecordError, match="started without DS_RUNS"):
        Places(places.root).folder("@DS_RUNS/another")


def test_the_schedulers_folder_is_shown_by_its_name_and_nothing_beside_it(places, tmp_path):
    job = tmp_path / "state" / "scheduler" / "runs" / "nightly-1"
    job.mkdir(parents=True)
    with_queue = Places.of(str(places.root), None, tmp_path / "state" / "scheduler")

    assert with_queue.folder("@SCHEDULER/scheduler") == with_queue.scheduler
    assert with_queue.path_of(with_queue.folder("@SCHEDULER/scheduler/runs/nightly-1")) == (
        "@SCHEDULER/scheduler/runs/nightly-1"
    )
    for beside in ("@SCHEDULER", "@SCHEDULER/other", "@SCHEDULER/scheduler/../other"):
        with pytest.raises(DsError):
            with_queue.folder(beside)


def test_a_link_that_stays_inside_is_followed(places):
    assert places.folder("inside/ds_runs/a-run") == places.folder("nb/ds_runs/a-run")


@pytest.mark.parametrize("path", ["link", "link/run", "seen", "inside/../../out", "@DS_RUNS/../out"])
def test_a_way_out_is_refused(places, path):
    with pytest.raises(PathRefused):
        places.folder(path)


def test_a_folder_that_is_not_there_is_said_to_be_so(places):
    with pytest.raises(RecordError, match="moved or deleted"):
        places.folder("nb/gone")


@given(st.text(st.sampled_from("ab./\\\0@~:%é\ud800\n-"), max_size=20) | st.text())
def test_no_text_leads_out(places, path):
    try:
        folder = places.folder(path)
    except DsError:
        return

    assert folder.is_relative_to(places.root) or folder.is_relative_to(places.ds_runs)
    assert "out" not in folder.parts and ".hidden" not in folder.parts


@pytest.mark.parametrize(
    ("notebook", "runs"),
    [
        ("nb/deep", "nb/ds_runs"),
        ("nb", "nb/ds_runs"),
        ("repo/sub", "repo/ds_runs"),
        ("", "ds_runs"),
        ("@DS_RUNS/another", "@DS_RUNS/another/ds_runs"),
    ],
)
def test_a_notebook_has_the_runs_folder_that_its_kernel_would_choose(places, notebook, runs):
    assert places.runs_folder_near(notebook) == runs


def test_the_runs_folder_above_the_root_is_none_of_ours(tmp_path):
    (tmp_path / "ds_runs").mkdir()
    (tmp_path / "root/nb").mkdir(parents=True)

    assert Places.of(str(tmp_path / "root"), None).runs_folder_near("nb") == "nb/ds_runs"
