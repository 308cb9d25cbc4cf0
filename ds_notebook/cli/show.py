"""`ds show RUN`: a run's view as text, or as a page that opens anywhere."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from ds_notebook.cli._door import Command, add_json, print_json, write_text
from ds_notebook.draw import text
from ds_notebook.draw.page import page
from ds_notebook.record import open_run
from ds_notebook.rooms import scene_of


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="a run's id or folder")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page instead")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    record = open_run(asked.run_id)
    scene = scene_of(record)
    if asked.html:
        write_text(asked.html, page(scene))
        print(f"Written: {asked.html}")
    elif asked.json:
        print_json(
            {"id": record.id, "path": str(record.path), "state": record.state, "scene": msgspec.to_builtins(scene)}
        )
    else:
        print(text(scene, width=100))
        print(f"run {record.id} in {record.path}")
    return 0


COMMAND = Command(run=_run, add=_add, example="ds show 2026-12-01-quiet-heron --html run.html")
