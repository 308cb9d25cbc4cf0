"""The store as MLflow's own client reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

import ds_notebook as ds
from ds_notebook.errors import UsageError
from ds_notebook.export import ExportConfig, export_run
from ds_notebook.record import Record
from tests.export.conftest import NASTY

for package in ("mlflow", "sqlalchemy", "alembic"):
    pytest.importorskip(package)

from ds_notebook.export.mlflow_store import EXPERIMENT, mlflow_name  # noqa: E402  # imports mlflow


class Store(NamedTuple):
    """The one run of an exported store, and the record it came from."""

    client: Any
    run: Any
    remarks: list[str]
    record: Record

    def history(self, name: str) -> list[Any]:
        found: list[Any] = self.client.get_metric_history(self.run.info.run_id, name)
        return found


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One for all tests: MLflow takes seconds to make its tables."""
    from mlflow.tracking import MlflowClient

    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DS_RUNS", str(folder / "ds_runs"))
        record = recorded()
        patch.chdir(folder)
        path, _, remarks = export_run(record, ExportConfig(to="mlflow", out=folder / "store"))
    client = MlflowClient(tracking_uri=f"sqlite:///{path}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])
    return Store(client, run, remarks, record)


def recorded() -> Record:
    """Ten losses, NaN and infinity, a stranger's names, and three files, of which one was changed afterwards."""
    config = {"lr": 0.1, "optimizer": {"name": "adam"}}
    run = ds.start_run("digits", config=config, tags=["a", "b"], notes="my notes")
    for step in run.steps(range(10)):
        run.log(loss=1 / (step + 1))
    run.log(step=10, odd=float("nan"))
    run.log(step=11, odd=float("inf"), **{NASTY: 1.0, "=cmd()": 2.0, "a\x00": 3.0, "a": 4.0, "": 5.0})
    for name in ("weights.bin", "odd name?#.bin", "changed.bin"):
        run.save_blob(name, b"12345", kind="weights")
    run.end()
    (run.path / "blobs/changed.bin").write_bytes(b"other")
    return run.record


def test_numbers_have_their_step_and_time(store: Store) -> None:
    found = [(metric.step, metric.timestamp, metric.value) for metric in store.history("loss")]

    steps, times, values = store.record.columns()["loss"]
    assert found == list(zip(steps, [int(time * 1000) for time in times], values, strict=True))


def test_nan_is_kept_and_infinity_is_the_largest_number(store: Store) -> None:
    assert repr([metric.value for metric in store.history("odd")]) == "[nan, 1.7976931348623157e+308]"


def test_options_are_params(store: Store) -> None:
    assert store.run.data.params == {"lr": "0.1", "optimizer.name": "adam"}


def test_the_run_has_its_state_its_times_and_its_words(store: Store) -> None:
    info, tags = store.run.info, store.run.data.tags
    started, ended = store.record.started, store.record.ended

    assert started and ended
    assert (info.status, info.run_name) == ("FINISHED", store.record.id)
    assert (info.start_time, info.end_time) == (int(started.at * 1000), int(ended.at * 1000))
    assert (tags["ds_notebook.tags"], tags["mlflow.note.content"]) == ("a b", "my notes")


def test_files_can_be_downloaded_and_have_names_that_stay_inside(store: Store, tmp_path: Path) -> None:
    files = [file.path for file in store.client.list_artifacts(store.run.info.run_id)]

    assert files == ["odd name__.bin", "weights.bin"]
    got = store.client.download_artifacts(store.run.info.run_id, "weights.bin", str(tmp_path))
    assert Path(got).read_bytes() == b"12345"


def test_a_file_that_was_changed_is_left_out_and_said(store: Store) -> None:
    assert (
        f"Artifact 'blobs/changed.bin' of run {store.record.id} was changed since: its hash differs." in store.remarks
    )


def test_a_strangers_names_are_spelled_as_mlflow_takes_them(store: Store) -> None:
    assert {"etc/passwd ", "a", "a_2", "unnamed", "_cmd__"} <= set(store.run.data.metrics)


def test_nothing_is_left_but_the_store(store: Store) -> None:
    assert sorted(path.name for path in store.record.path.parents[1].iterdir()) == ["ds_runs", "store"]


@pytest.mark.parametrize(
    ("name", "spelled"), [("val/loss", "val/loss"), ("/abs//x", "abs/x"), ("../..", "unnamed"), ("a=b", "a_b")]
)
def test_a_name_becomes_one_that_mlflow_takes(name: str, spelled: str) -> None:
    assert mlflow_name(name) == spelled


def test_a_place_that_no_address_may_have_is_said(record: Record, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which no SQLite address may"):
        export_run(record, ExportConfig(to="mlflow", out=tmp_path / "what?"))
