"""A trace in Chrome's event format: steps, spans and sampled calls on lanes, usage as counters, what was said as marks.

The format: "Trace Event Format" by the Chromium project, JSON object form. Read by Perfetto and chrome://tracing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook.export.lanes import Piece, laid
from ds_notebook.export.names import shown
from ds_notebook.export.said import sentence
from ds_notebook.export.stacks import sampled, stack_pieces
from ds_notebook.export.steps import steps_and_waits
from ds_notebook.record import Record
from ds_notebook.record.events import Span, Usage

TraceEvent = dict[str, Any]  # JSON: the fields depend on the phase
_PROCESS = 1


def write(record: Record, path: Path, final: Path) -> list[str]:
    """One JSON object, an event a line; times are microseconds since the first thing that happened."""
    stacks = sampled(record)
    pieces = [*steps_and_waits(record), *_spans(record), *stack_pieces(stacks)]
    counters = list(_counters(record))
    marks = [(event.at, text) for event in record.events() if (text := sentence(event))]
    moments = [piece.start for piece in pieces] + [at for at, _, _ in counters] + [at for at, _ in marks]
    begun = min(moments, default=0.0)

    with open(path, "xb") as file:
        file.write(b'{"displayTimeUnit":"ms","otherData":')
        file.write(msgspec.json.encode({"run": record.id, "begun_unix_s": begun}))
        file.write(b',"traceEvents":[\n')
        file.write(msgspec.json.encode(_meta("process_name", 0, {"name": shown(record.id)})))
        for event in _trace(pieces, counters, marks, begun):
            file.write(b",\n" + msgspec.json.encode(event))
        file.write(b"\n]}\n")
    return stacks.remarks()


def _trace(
    pieces: list[Piece], counters: list[tuple[float, str, float]], marks: list[tuple[float, str]], begun: float
) -> Iterator[TraceEvent]:
    common = {"pid": _PROCESS, "cat": "ds-notebook"}
    for thread, (lane, row) in enumerate(laid(pieces), start=1):
        yield _meta("thread_name", thread, {"name": shown(lane)})
        yield _meta("thread_sort_index", thread, {"sort_index": thread})
        for piece in row:
            start, end = _us(piece.start - begun), _us(piece.end - begun)
            times = {"ts": start, "dur": round(end - start, 3)}  # of the rounded ends: what nests must still nest
            args = {} if piece.step is None else {"args": {"step": piece.step}}
            yield {"ph": "X", "name": shown(piece.name), "tid": thread, **times, **args, **common}
    for at, name, value in counters:
        yield {"ph": "C", "name": shown(name), "tid": 0, "ts": _us(at - begun), "args": {"value": value}, **common}
    for at, text in marks:
        yield {"ph": "i", "s": "p", "name": shown(text), "tid": 0, "ts": _us(at - begun), **common}


def _spans(record: Record) -> Iterator[Piece]:
    for event in record.events():
        if isinstance(event, Span) and event.duration_s >= 0:
            yield Piece(event.lane, event.name, event.at, event.at + event.duration_s, event.step)


def _counters(record: Record) -> Iterator[tuple[float, str, float]]:
    """A counter a number: those of one counter are drawn on top of each other, and units differ."""
    for event in record.events():
        if isinstance(event, Usage):
            for name, value in event.values.items():
                yield event.at, f"{event.device} {name}", value


def _meta(name: str, thread: int, args: TraceEvent) -> TraceEvent:
    return {"ph": "M", "name": name, "pid": _PROCESS, "tid": thread, "args": args}


def _us(seconds: float) -> float:
    """Microseconds to the nanosecond, which is what readers keep."""
    return round(seconds * 1e6, 3)
