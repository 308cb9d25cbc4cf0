"""`ds logs RUN`: what happened, errors first."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.draw import clean
from ds_notebook.record import Record, open_run
from ds_notebook.record.events import AnyEvent, Artifact, Decision, JobChanged, Note, RunEnded, RunStarted

_ORDER = {"error": 0, "warning": 1, "info": 2}


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="a run's id or folder")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    lines = sorted(_lines(open_run(asked.run_id)), key=lambda line: (_ORDER[line[1]], line[0]))
    if asked.json:
        print_json([{"at": at, "level": level, "text": text} for at, level, text in lines])
        return 0
    for at, level, text in lines:
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(at))} {level:7s} {clean(text)}")
    return 0


def _lines(record: Record) -> Iterator[tuple[float, str, str]]:
    for event in record.events():
        if line := _line(event):
            yield event.at, *line
    if record.state == "lost":
        yield (
            time.time(),
            "error",
            "The process is gone and wrote no end: killed, out of memory, or the machine went down.",
        )


def _line(event: AnyEvent) -> tuple[str, str] | None:
    match event:
        case RunStarted():
            return "info", f"started: {event.kind} {event.name!r} on {event.host}, process {event.pid}"
        case RunEnded():
            return "error" if event.status == "failed" else "info", f"{event.status} {event.error}".rstrip()
        case Note():
            return event.level, event.text
        case Decision():
            bad = event.verdict in ("failed", "refused")
            subject = event.evidence.get("command") if event.policy == "command" else event.subject
            return "warning" if bad else "info", f"{event.policy} {subject}: {event.verdict} {event.reason}".rstrip()
        case Artifact():
            return "info", f"saved {event.kind}: {event.path} ({event.size_bytes} bytes)"
        case JobChanged():
            return "info", f"job {event.job}: {event.before} -> {event.after} {event.reason}".rstrip()
    return None


COMMAND = Command(run=_run, add=_add, example="ds logs 2026-12-01-quiet-heron")
