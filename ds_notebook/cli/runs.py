"""`ds runs`: the runs of a folder, newest first."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.draw import Scene, Table, text
from ds_notebook.record import Record, runs
from ds_notebook.record.where import runs_folder


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, help="another folder of runs")
    parser.add_argument("--most", type=int, default=20, help="at most so many (20)")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    folder = asked.folder or runs_folder()
    rows = [_row(record) for record in runs(folder)[: asked.most]]
    if asked.json:
        print_json({"folder": str(folder), "runs": rows})
        return 0
    if not rows:
        print(f"There is no run in {folder} yet.")
        return 0
    table = Table(columns=list(rows[0]), rows=[list(row.values()) for row in rows])
    print(text(Scene(title=f"runs in {folder}", panels=[table]), width=100))
    return 0


def _row(record: Record) -> dict[str, Any]:  # words and numbers
    started = record.started
    return {
        "id": record.id,
        "name": started.name if started else "",
        "kind": started.kind if started else "",
        "state": record.state,
        "started": time.strftime("%Y-%m-%d %H:%M", time.localtime(started.at)) if started else "",
        "tags": " ".join(started.tags) if started else "",
    }


COMMAND = Command(run=_run, add=_add, example="ds runs --most 5")
