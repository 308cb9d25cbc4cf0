"""The files of a record, read as they are: torn, damaged or from a newer version."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ds_notebook.record.events import AnyEvent

_LONGEST_START = 16 << 20
"""Garbage may have no end of line: no first event is longer."""

_PART = 1 << 20
"""Bytes of a file that are decoded at once."""

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def event_files(folder: Path) -> list[Path]:
    """The files of all writers, in the order of their names; a stranger's links and pipes are left out."""
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name.startswith("events-")
                and entry.name.endswith(".jsonl")
                and entry.is_file(follow_symlinks=False)
            ]
    except OSError:  # deleted meanwhile, or no folder at all
        return []
    return [folder / name for name in sorted(names)]


def read_from(path: Path, position: int, most_bytes: int = -1) -> tuple[list[AnyEvent], int]:
    """The whole events after byte `position`, and the position to go on from; a line still being written waits.

    With `most_bytes` only so many bytes are read; a longer line is read whole all the same.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            file.seek(position)
            text = file.read(most_bytes)
    except OSError:
        return [], position  # deleted, or not ours to read: the other writers' files still tell
    whole, newline, _ = text.rpartition(b"\n")
    if not newline:
        return read_from(path, position) if len(text) == most_bytes else ([], position)
    return list(_decoded(whole.split(b"\n"))), position + len(whole) + 1


def stream(path: Path) -> Iterator[AnyEvent]:
    """The whole events of a file a part at a time: in bounded memory, and no file is open between two parts."""
    position, before = 0, -1
    while position > before:
        before = position
        events, position = read_from(path, before, _PART)
        yield from events


def first_event(path: Path) -> AnyEvent | None:
    """The first event of a file, if its first line is whole."""
    try:
        with open(path, "rb") as file:
            line = file.readline(_LONGEST_START)
    except OSError:
        return None
    return next(_decoded([line]), None) if line.endswith(b"\n") else None


def last_events(path: Path, tag: str) -> Iterator[AnyEvent]:
    """The events of one kind from the file's end backwards, without reading the rest of it."""
    begin = b'{"event":"' + tag.encode() + b'"'
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            end = text.rfind(b"\n") + 1
            while (start := text.rfind(begin, 0, end)) >= 0:
                if start == 0 or text[start - 1 : start] == b"\n":
                    yield from _decoded([text[start : text.find(b"\n", start)]])
                end = start
    except (OSError, ValueError):  # gone, or empty, which cannot be mapped
        return


def _decoded(lines: list[bytes]) -> Iterator[AnyEvent]:
    """Lines that this version understands: garbage and kinds of a newer version are passed over."""
    for line in lines:
        try:
            yield _decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # the last: brackets in brackets in...
            continue


def sync_folder(folder: Path) -> None:
    """What was renamed or deleted in it is so on the disk only then (not on Windows, which has no such call)."""
    if os.name != "posix":
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
