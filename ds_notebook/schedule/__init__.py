"""The scheduler: notebooks, training runs and services share one machine by measured need."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ds_notebook.schedule.client import Schedule
    from ds_notebook.schedule.config import SchedulerConfig, SubmitConfig
    from ds_notebook.schedule.job import JobSpec
    from ds_notebook.schedule.status import JobStatus
    from ds_notebook.schedule.submitted import submit

_HOMES = {
    "client": ("Schedule",),
    "config": ("SchedulerConfig", "SubmitConfig"),
    "job": ("JobSpec",),
    "status": ("JobStatus",),
    "submitted": ("submit",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["JobSpec", "JobStatus", "Schedule", "SchedulerConfig", "SubmitConfig", "submit"]


def __getattr__(name: str) -> Any:
    """Loaded when first used: the wrapper of a job, which is in this package too, starts without them."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ds_notebook.schedule' has no attribute {name!r}")
    return getattr(import_module(f"ds_notebook.schedule.{_HOME_OF[name]}"), name)
