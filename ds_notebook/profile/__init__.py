"""The profiler that answers: where the time went, why, what would help, and what it did help."""

from ds_notebook.profile.config import ProfileConfig
from ds_notebook.profile.stored import profile_of

__all__ = ["ProfileConfig", "profile_of"]
