"""The record of a run: what producers write, what every view reads, how commands travel back."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ds_notebook.record.reader import Record, open_run, runs
    from ds_notebook.record.run import Run

_HOME_OF = {"Record": "reader", "open_run": "reader", "runs": "reader", "Run": "run"}

__all__ = ["Record", "Run", "open_run", "runs"]


def __getattr__(name: str) -> Any:
    """Loaded when first used: who only sends a command, or only reads, starts without the rest."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ds_notebook.record' has no attribute {name!r}")
    return getattr(import_module(f"ds_notebook.record.{_HOME_OF[name]}"), name)
