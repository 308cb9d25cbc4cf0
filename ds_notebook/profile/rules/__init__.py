"""The rules: one module each, found by being here; a rule is a pure function of the folded record.

A rule's module has `CODE`, its stable name, and `find(profile)`, which yields what it sees. Its docstring is its page
in the documentation.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import WORTH_SAYING, Found
from ds_notebook.profile.rules._precedence import said


class Rule(Protocol):
    """What the module of a rule has."""

    CODE: str

    def find(self, profile: Profile) -> Iterable[Found]: ...


def rules() -> dict[str, Rule]:
    """Every rule by its code, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = [cast(Rule, import_module(f"{__name__}.{name}")) for name in names]
    return {rule.CODE: rule for rule in modules}


def findings(profile: Profile) -> list[Found]:
    """What all rules see, the most promising first; one a cause; what would gain less than 5% is left out."""
    found = [each for rule in rules().values() for each in rule.find(profile)]
    worth = [each for each in found if each.expected >= WORTH_SAYING or each.costs_memory]
    return said(profile, worth)
