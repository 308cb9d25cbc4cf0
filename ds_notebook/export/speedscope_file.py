"""A profile as speedscope reads it: one sampled profile a lane.

The format: https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources, and the JSON schema it names.
"""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import msgspec

from ds_notebook import __version__
from ds_notebook.errors import UsageError
from ds_notebook.export.names import shown
from ds_notebook.export.stacks import Lane, Sampled, sampled
from ds_notebook.record import Record
from ds_notebook.record.frames import Frame

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def write(record: Record, path: Path, final: Path) -> list[str]:
    """One JSON object; seconds are of the clock."""
    content, remarks = encoded(record)
    with open(path, "xb") as file:
        file.write(content)
    return remarks


def encoded(record: Record) -> tuple[bytes, list[str]]:
    """The file's content, and a sentence for each thing that was altered; raises UsageError without stacks."""
    found = sampled(record)
    if not found.lanes:
        raise UsageError(f"Run {record.id} holds no profile, so there is nothing for speedscope. See `ds profile`.")
    name = record.started.name if record.started else record.id
    return msgspec.json.encode(_file(found, shown(name))), found.remarks()


def _file(found: Sampled, name: str) -> dict[str, Any]:  # JSON
    return {
        "$schema": SCHEMA,
        "name": name,
        "exporter": f"ds-notebook@{__version__}",
        "activeProfileIndex": 0,
        "shared": {"frames": list(map(_frame, found.frames))},
        "profiles": list(map(_profile, found.lanes)),
    }


def _frame(frame: Frame) -> dict[str, str | int]:
    name = shown(frame.function)
    return {"name": name, "file": shown(frame.place), "line": frame.line} if frame.place else {"name": name}


def _profile(lane: Lane) -> dict[str, Any]:  # JSON
    weights = [round(spent, 6) for _, spent in lane.stacks]
    return {
        "type": "sampled",
        "name": shown(lane.name),
        "unit": "seconds",
        "startValue": 0,
        "endValue": list(accumulate(weights, initial=0.0))[-1],
        "samples": [path for path, _ in lane.stacks],
        "weights": weights,
    }
