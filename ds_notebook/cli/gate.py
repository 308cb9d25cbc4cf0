"""`ds gate RUN EXPR...`: conditions on a run's metrics; exit status 1 where one fails."""

from __future__ import annotations

import argparse
from pathlib import Path

from ds_notebook.cli._door import Command, add_json, print_json, write_text
from ds_notebook.record import open_run
from ds_notebook.record.gate import junit


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN", help="a run's id or folder")
    parser.add_argument("expressions", metavar="EXPR", nargs="+", help='such as "val_accuracy >= 0.97"')
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write the results for a CI server")
    add_json(parser)


def _run(asked: argparse.Namespace) -> int:
    record = open_run(asked.run_id)
    results = record.check(*asked.expressions)
    if asked.junit:
        write_text(asked.junit, junit(results, f"ds gate {record.id}"))
    if asked.json:
        print_json([{"gate": r.expression, "passed": r.passed, "sentence": r.sentence} for r in results])
    else:
        for result in results:
            print(f"{'passed' if result.passed else 'FAILED'}  {result.sentence}")
    return 0 if all(result.passed for result in results) else 1


COMMAND = Command(
    run=_run, add=_add, example='ds gate 2026-12-01-quiet-heron "val_accuracy >= 0.97" "p99(loss) < 1" --junit gate.xml'
)
