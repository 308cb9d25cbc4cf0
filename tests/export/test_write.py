"""Whatever the format: what is there is not overwritten, and nothing is ever half there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ds_notebook.errors import DsError, UsageError
from ds_notebook.export import ExportConfig, csv_table, export_run
from ds_notebook.record import Record


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_without_out_it_is_named_after_the_run_in_the_working_folder(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    written = export_run(record, ExportConfig(to="csv"))

    assert written.path == tmp_path / f"{record.id}.csv" and written.path.is_file()


def test_what_is_there_is_not_overwritten(record: Record, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")

    with pytest.raises(UsageError, match=r"mine\.csv is there already\. Choose another place with out, or replace"):
        export_run(record, ExportConfig(to="csv", out=tmp_path / "mine.csv"))

    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_force_replaces_a_file(record: Record, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")

    export_run(record, ExportConfig(to="csv", out=tmp_path / "mine.csv", force=True))

    assert (tmp_path / "mine.csv").read_text().startswith("step,time,name,value")


def test_force_replaces_a_folder_that_an_export_wrote(record: Record, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    config = ExportConfig(to="tensorboard", out=tmp_path / "logs", force=True)
    export_run(record, config)
    (tmp_path / "logs/of-the-first").write_text("")

    export_run(record, config)

    assert "of-the-first" not in names(tmp_path / "logs")
    assert names(tmp_path) == ["ds_runs", "logs"]


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_force_never_replaces_what_no_export_wrote(record: Record, tmp_path: Path, kind: str) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/thesis.tex").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    out = tmp_path / ("precious" if kind == "folder" else "link")

    with pytest.raises(UsageError, match="was not written by an export"):
        export_run(record, ExportConfig(to="csv", out=out, force=True))

    assert (tmp_path / "precious/thesis.tex").exists()


def test_an_interrupt_leaves_no_half_file(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(record: Record, path: Path, final: Path) -> list[str]:
        path.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(csv_table, "write", interrupted)  # a signal at this very moment cannot be had otherwise

    with pytest.raises(KeyboardInterrupt):
        export_run(record, ExportConfig(to="csv", out=tmp_path / "run.csv"))

    assert names(tmp_path) == ["ds_runs"]


def test_an_interrupt_keeps_what_was_to_be_replaced(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(record: Record, path: Path, final: Path) -> list[str]:
        raise KeyboardInterrupt

    (tmp_path / "run.csv").write_text("the one before")
    monkeypatch.setattr(csv_table, "write", interrupted)

    with pytest.raises(KeyboardInterrupt):
        export_run(record, ExportConfig(to="csv", out=tmp_path / "run.csv", force=True))

    assert (tmp_path / "run.csv").read_text() == "the one before"


def test_a_folder_that_is_not_there_is_said(record: Record, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere does not exist\. Make it"):
        export_run(record, ExportConfig(to="csv", out=tmp_path / "nowhere/run.csv"))


def test_a_place_that_cannot_be_written_is_said_in_one_sentence(record: Record, tmp_path: Path) -> None:
    with pytest.raises(DsError, match=r"could not be written: File name too long\. Choose another place with out\."):
        export_run(record, ExportConfig(to="csv", out=tmp_path / ("x" * 300)))


def test_an_unknown_format_is_said_with_those_there_are() -> None:
    with pytest.raises(
        UsageError,
        match=r"To 'excel' is not known\. Choose csv, tensorboard, mlflow, chrome, speedscope or collapsed\.",
    ):
        ExportConfig(to="excel")  # type: ignore[arg-type]  # the slip under test
