"""An event file as TensorBoard reads it: scalars by step and time, the options as hparams, what was said as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ds_notebook.errors import missing_extra
from ds_notebook.export.names import Names, flat, shown
from ds_notebook.export.rows import Block, standing_rows
from ds_notebook.export.said import said
from ds_notebook.record import Record
from ds_notebook.record.events import RunStarted

try:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.plugins.text.summary_v2 import text_pb
    from tensorboard.summary.writer.record_writer import RecordWriter
except ImportError:
    raise missing_extra("Export to TensorBoard", "tensorboard") from None


def write(record: Record, path: Path, final: Path) -> list[str]:
    """A folder with one event file; numbers become 32-bit, as all scalars of TensorBoard are."""
    path.mkdir()
    started = record.started
    begun = started.at if started else 0.0
    names = Names()
    with open(path / f"events.out.tfevents.{int(begun):010d}.ds-notebook", "xb") as file:
        # Not its EventFileWriter, which has a thread, takes three times as long and writes this machine's name.
        log = RecordWriter(file)
        log.write(Event(wall_time=begun, file_version="brain.Event:2").SerializeToString())
        for event in _events(record, started, names):
            log.write(event.SerializeToString())
    return names.remarks()


def _events(record: Record, started: RunStarted | None, names: Names) -> Iterator[Event]:
    if started:
        hparams = hparams_pb(_hparams(started.config), trial_id=record.id, start_time_secs=started.at)
        yield Event(wall_time=started.at, summary=hparams)
        yield Event(wall_time=started.at, summary=text_pb("run", _about(record, started)))
    for block in standing_rows(record):
        yield from _scalars(block, names)
    for number, event in enumerate(said(record)):
        yield Event(wall_time=event.at, step=number, summary=text_pb("notes", event.text))


def _scalars(block: Block, names: Names) -> Iterator[Event]:
    """An event a row, with the values of all its names."""
    tags = [names.of(name) for name in block.columns]
    for step, time, *values in zip(block.steps, block.times, *block.columns.values(), strict=True):
        pairs = zip(tags, values, strict=True)
        summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in pairs])
        yield Event(wall_time=time, step=step, summary=summary)


def _hparams(config: Mapping[str, Any]) -> dict[str, bool | float | str]:
    """The options as the hparams table takes them: truths, numbers, the rest as text; none where one is not set."""
    names = Names()
    return {
        names.of(name): value if isinstance(value, bool | int | float) else shown(str(value))
        for name, value in flat(config).items()
        if value is not None
    }


def _about(record: Record, started: RunStarted) -> str:
    facts = {
        "name": started.name,
        "kind": started.kind,
        "state": record.state,
        "tags": " ".join(started.tags),
        "notes": started.notes,
        "host": started.host,
        "version": started.version,
    }
    return "\n\n".join(f"{name}: {shown(value)}" for name, value in facts.items() if value)
