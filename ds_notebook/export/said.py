"""What a record says in words: notes, choices, findings, its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ds_notebook.export.names import shown
from ds_notebook.record import Record
from ds_notebook.record.events import AnyEvent, Decision, Finding, Note, RunEnded


class Sentence(NamedTuple):
    """On one line, without control characters."""

    at: float
    """Unix seconds."""
    text: str


def said(record: Record) -> Iterator[Sentence]:
    """Each sentence of the record, in its order."""
    for event in record.events():
        if text := sentence(event):
            yield Sentence(event.at, shown(text))


def sentence(event: AnyEvent) -> str:
    """What an event says in words; empty for one that is numbers."""
    match event:
        case Note():
            return f"{event.level}: {event.text}"
        case Decision():
            return f"{event.policy} {event.subject}: {event.verdict} {event.reason}".rstrip()
        case Finding():
            return f"{event.severity}: {event.code} in {event.where}. {event.advice}"
        case RunEnded():
            return f"{event.status} {event.error}".rstrip()
    return ""
