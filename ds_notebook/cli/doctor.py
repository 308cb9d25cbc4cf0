"""`ds doctor`: what this machine has, and what each missing thing costs."""

from __future__ import annotations

import argparse

from ds_notebook.cli._door import Command, add_json, print_json
from ds_notebook.host import can_ptrace, facts, missing
from ds_notebook.record.where import runs_folder


def _run(asked: argparse.Namespace) -> int:
    found = facts().asdict() | {"can_ptrace": can_ptrace(), "runs_folder": str(runs_folder())}
    lacks = missing(runs_folder=runs_folder())
    if asked.json:
        print_json({"has": found, "missing": lacks})
        return 0
    for name, value in found.items():
        print(f"{name.replace('_', ' '):22s} {value if value not in (None, '', [], ()) else '-'}")
    for lack in lacks:
        print(f"- {lack.what} {lack.cost} {lack.instead}")
    return 0


COMMAND = Command(run=_run, add=add_json, example="ds doctor --json")
