"""A deep-learning workbench for notebooks: train, profile, debug and schedule, with one record of every run."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ds_notebook.errors import Diverged, DsError, GateFailed, RecordError, UsageError
    from ds_notebook.profile.session import profiled
    from ds_notebook.record import Record, Run, open_run, runs
    from ds_notebook.rooms import compare, widget
    from ds_notebook.start import start_run
    from ds_notebook.train import TrainConfig, Trainer, load_weights

_HOMES = {
    "ds_notebook.errors": ("DsError", "Diverged", "GateFailed", "RecordError", "UsageError"),
    "ds_notebook.profile.session": ("profiled",),
    "ds_notebook.record": ("Record", "Run", "open_run", "runs"),
    "ds_notebook.rooms": ("compare", "widget"),
    "ds_notebook.start": ("start_run",),
    "ds_notebook.train": ("TrainConfig", "Trainer", "load_weights"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Diverged",
    "DsError",
    "GateFailed",
    "Record",
    "RecordError",
    "Run",
    "TrainConfig",
    "Trainer",
    "UsageError",
    "compare",
    "load_weights",
    "open_run",
    "profiled",
    "runs",
    "start_run",
    "widget",
]


def __getattr__(name: str) -> Any:
    """Public names are loaded when first used: `import ds_notebook` itself loads nothing."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ds_notebook' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:  # an InteractiveShell: IPython must not be imported here
    """`%load_ext ds_notebook`: registers the magics and the views."""
    from ds_magics import load

    load(shell)
