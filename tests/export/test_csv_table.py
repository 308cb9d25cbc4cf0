"""The table as its readers have it: pandas and the standard library."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ds_notebook.export import ExportConfig, export_run
from ds_notebook.record import Record
from tests.export.conftest import NASTY


def exported(record: Record, tmp_path: Path) -> Path:
    return export_run(record, ExportConfig(to="csv", out=tmp_path / "run.csv")).path


def test_pandas_reads_the_same_numbers_to_the_last_bit(record: Record, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")

    table = pandas.read_csv(exported(record, tmp_path))

    loss = table[table["name"] == "loss"]
    steps, times, values = record.columns()["loss"]
    assert loss["value"].tolist() == values and loss["step"].tolist() == steps
    assert loss["time"].tolist() == pytest.approx(times, abs=1e-6, rel=0)


def test_pandas_reads_nan_and_infinity_as_such(record: Record, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")

    table = pandas.read_csv(exported(record, tmp_path))

    values = table[table["name"] == "val/accuracy"]["value"].tolist()
    assert repr(values) == "[nan, inf]"


def test_lines_end_and_fields_are_quoted_as_the_rfc_has_it(strange: Record, tmp_path: Path) -> None:
    text = exported(strange, tmp_path).read_bytes()

    assert text.startswith(b"step,time,name,value\r\n") and text.count(b"\n") == text.count(b"\r\n") == 7
    assert b'"with ""quotes"", commas"' in text


def test_a_strangers_names_are_told_apart_and_hold_no_control_characters(strange: Record, tmp_path: Path) -> None:
    with open(exported(strange, tmp_path), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    by_value = {float(row["value"]): row["name"] for row in rows}
    assert by_value[1.0] == "../../etc/passwd " and {by_value[4.0], by_value[5.0]} == {"a", "a_2"}
    assert all(row["name"].isprintable() and row["name"] for row in rows)


def test_altered_names_are_said(strange: Record, tmp_path: Path) -> None:
    (remark,) = export_run(strange, ExportConfig(to="csv", out=tmp_path / "run.csv")).remarks

    assert remark.startswith("4 names were altered, such as ") and NASTY not in remark
