"""The record of a run: what producers write, what every view reads, how commands travel back."""

from ds_notebook.record.reader import Record, open_run, runs
from ds_notebook.record.run import Run

__all__ = ["Record", "Run", "open_run", "runs"]
