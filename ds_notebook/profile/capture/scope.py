"""What every hook is given: where to count, how to name a line, and the sampler."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from ds_notebook.profile.capture.imports import Imports
from ds_notebook.profile.capture.places import Places
from ds_notebook.profile.capture.sampler import Sampler
from ds_notebook.profile.observed import Observed


class Scope(NamedTuple):
    """One profile's."""

    found: Observed
    places: Places
    sampler: Sampler
    imports: Imports


Hook = Callable[[Scope], AbstractContextManager[None]]
"""Installs itself on entry; on exit it restores what was there and writes what it counted into `found`."""
