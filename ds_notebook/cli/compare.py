"""`ds compare RUN RUN...`: which run is better, and in what they differ."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from ds_notebook.cli._door import Command, add_json, print_json, write_text
from ds_notebook.draw import text
from ds_notebook.draw.page import page
from ds_notebook.record import open_run
from ds_notebook.rooms import compare_scene


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_ids", metavar="RUN", nargs="+", help="a run's id or folder; two or more")
    parser.add_argument("--metric", metavar="NAME", help="what decides (what the runs monitor, val_loss or loss)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page instead")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    records = [open_run(run_id) for run_id in asked.run_ids]
    scene = compare_scene(records, asked.metric)
    if asked.html:
        write_text(asked.html, page(scene))
        print(f"Written: {asked.html}")
    elif asked.json:
        print_json(
            {
                "runs": [{"id": record.id, "path": str(record.path), "state": record.state} for record in records],
                "scene": msgspec.to_builtins(scene),
            }
        )
    else:
        print(text(scene, width=100))
    return 0


COMMAND = Command(run=_run, add=_add, example="ds compare 2026-12-01-quiet-heron 2026-12-02-brave-fox")
