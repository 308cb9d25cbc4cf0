"""The profiler that answers: where the time went, why, what would help, and what it did help."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ds_notebook.profile.config import ProfileConfig
    from ds_notebook.profile.stored import profile_of

_HOME_OF = {"ProfileConfig": "config", "profile_of": "stored"}

__all__ = ["ProfileConfig", "profile_of"]


def __getattr__(name: str) -> Any:
    """Loaded when first used: a notebook that only names the options waits for nothing else."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ds_notebook.profile' has no attribute {name!r}")
    return getattr(import_module(f"ds_notebook.profile.{_HOME_OF[name]}"), name)
