"""`ds export RUN --to FORMAT`: a run as a file or folder of another tool."""

from __future__ import annotations

import argparse

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.draw import clean
from ds_notebook.export import ExportConfig, export_run
from ds_notebook.options import add_options, from_options
from ds_notebook.record import open_run


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="a run's id or folder")
    add_options(parser, ExportConfig)
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    config = from_options(ExportConfig, asked)
    record = open_run(asked.run_id)
    written = export_run(record, config)
    if asked.json:
        print_json({"id": record.id, "path": str(written.path), "remarks": written.remarks})
        return 0
    print(f"Written: {clean(str(written.path))}. Open it with {clean(written.opened_with)}")
    for remark in written.remarks:
        print(f"- {clean(remark)}")
    return 0


COMMAND = Command(run=_run, add=_add, example="ds export 2026-12-01-quiet-heron --to tensorboard --out logs/heron")
