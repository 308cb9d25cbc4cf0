"""Stacks as lines of text, a stack a line with its microseconds: what flamegraph.pl, inferno and speedscope read."""

from __future__ import annotations

from pathlib import Path

from ds_notebook.errors import UsageError
from ds_notebook.export.names import shown
from ds_notebook.export.stacks import sampled
from ds_notebook.record import Record


def write(record: Record, path: Path, final: Path) -> list[str]:
    """`lane;root;...;leaf 1234`; the lane is left out where there is only one."""
    found = sampled(record)
    if not found.lanes:
        raise UsageError(f"Run {record.id} holds no profile, so there are no stacks to write. See `ds profile`.")
    texts = [found.text(number).replace(";", ",") for number in range(len(found.frames))]
    with open(path, "x", encoding="utf-8") as file:
        for lane in found.lanes:
            root = [shown(lane.name).replace(";", ",")] if len(found.lanes) > 1 else []
            merged: dict[tuple[int, ...], float] = {}
            for stack, spent in lane.stacks:
                merged[stack] = merged.get(stack, 0.0) + spent
            for stack, spent in merged.items():
                file.write(f"{';'.join([*root, *(texts[number] for number in stack)])} {round(spent * 1e6)}\n")
    return []
