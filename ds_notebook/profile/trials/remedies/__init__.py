"""The remedies: one module each, found by being here, named by the code of the rule whose advice it follows.

A remedy's module has `REMEDY`. Rules without one are only advised.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from ds_notebook.profile.trials.remedy import Remedy


@cache
def remedies() -> dict[str, Remedy]:
    """Every remedy by the code of its rule."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    found: list[Remedy] = [import_module(f"{__name__}.{name}").REMEDY for name in names]
    return {remedy.code: remedy for remedy in found}
