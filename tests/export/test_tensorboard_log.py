"""The event file as TensorBoard's own reader has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ds_notebook.export import ExportConfig, export_run
from ds_notebook.record import Record

pytest.importorskip("tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2


def read(record: Record, tmp_path: Path) -> Any:
    path = export_run(record, ExportConfig(to="tensorboard", out=tmp_path / "logs")).path
    return EventAccumulator(str(path), size_guidance={"scalars": 0, "tensors": 0}).Reload()


def scalars(reader: Any, tag: str) -> list[tuple[float, int, float]]:
    """Time, step and value, whichever of its two kinds TensorBoard keeps them as."""
    if tag in reader.Tags()["scalars"]:
        return [(event.wall_time, event.step, event.value) for event in reader.Scalars(tag)]
    return [(event.wall_time, event.step, event.tensor_proto.float_val[0]) for event in reader.Tensors(tag)]


def test_scalars_have_their_step_time_and_value(record: Record, tmp_path: Path) -> None:
    found = scalars(read(record, tmp_path), "loss")

    steps, times, values = record.columns()["loss"]
    assert [step for _, step, _ in found] == steps
    assert [time for time, _, _ in found] == times
    assert [value for _, _, value in found] == pytest.approx(values, rel=1e-7)  # 32-bit


def test_nan_and_infinity_are_kept(record: Record, tmp_path: Path) -> None:
    found = scalars(read(record, tmp_path), "val/accuracy")

    assert repr([value for _, _, value in found]) == "[nan, inf]"


def test_options_are_hparams(record: Record, tmp_path: Path) -> None:
    metadata = read(record, tmp_path).SummaryMetadata("_hparams_/session_start_info")

    data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
    hparams = data.session_start_info.hparams
    assert hparams["lr"].number_value == 0.1 and hparams["optimizer.name"].string_value == "adam"
    assert set(hparams) == {"lr", "optimizer.name"}  # not set: the column stays one of numbers


def test_what_was_said_is_text(record: Record, tmp_path: Path) -> None:
    reader = read(record, tmp_path)

    notes = [event.tensor_proto.string_val[0].decode() for event in reader.Tensors("notes")]
    about = reader.Tensors("run")[0].tensor_proto.string_val[0].decode()
    assert notes == ["warning: something was left out", "finished"]
    assert "name: digits" in about and "notes: my notes" in about


def test_a_strangers_names_are_tags_and_touch_no_path(strange: Record, tmp_path: Path) -> None:
    reader = read(strange, tmp_path)

    tags = {tag for kind in ("scalars", "tensors") for tag in reader.Tags()[kind]}
    assert {"../../etc/passwd ", "a", "a_2", "unnamed"} <= tags
    assert len(list((tmp_path / "logs").iterdir())) == 2
