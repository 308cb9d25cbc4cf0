"""What a command that trained prints at its end."""

from __future__ import annotations

from ds_notebook.cli._door import print_json
from ds_notebook.draw import text
from ds_notebook.record import Run
from ds_notebook.rooms import scene_of


def show_result(run: Run, *, as_json: bool) -> None:
    """The view as text, and how to see more; or the run's address for a program."""
    if as_json:
        print_json({"id": run.id, "path": str(run.path), "state": run.record.state})
        return
    print(text(scene_of(run.record), width=100))
    print(f"The record: {run.path}. As a page: ds show {run.id} --html run.html")
