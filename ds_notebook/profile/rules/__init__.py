"""The rules: one module each, found by being here; a rule is a pure function of the folded record.

A rule's module has `CODE`, its stable name, and `find(profile)`, which yields what it sees. Its docstring is its page
in the documentation.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Protocol, cast

import msgspec

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import MOST_PROMISED, WORTH_SAYING, Found
from ds_notebook.profile.rules._precedence import said
from ds_notebook.profile.rules._seconds import wall_s, with_imports_s

LEAST_OF_ALL = 0.02
"""Of all time, imports included, that a remedy must save."""


class Rule(Protocol):
    """What the module of a rule has."""

    CODE: str

    def find(self, profile: Profile) -> Iterable[Found]: ...


def rules() -> dict[str, Rule]:
    """Every rule by its code, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = [cast(Rule, import_module(f"{__name__}.{name}")) for name in names]
    return {rule.CODE: rule for rule in modules}


def findings(profile: Profile, broken: Callable[[str, Exception], None] | None = None) -> list[Found]:
    """What all rules see, the most promising first; one a cause; what would gain less than 5% is left out.

    `broken` is told of a rule that fails, by its code, and the others go on; without it the error is raised.
    """
    found = [each for code, rule in rules().items() for each in _of(code, rule, profile, broken)]
    worth = said(profile, [each for each in found if each.costs_memory or _is_worth_saying(profile, each)])
    return [msgspec.structs.replace(each, expected=min(each.expected, MOST_PROMISED)) for each in worth]


def _is_worth_saying(profile: Profile, found: Found) -> bool:
    """Beside the promise itself: a program that mostly imports has no other fault of weight."""
    whole_s = with_imports_s(profile) if found.code == "import-time" else wall_s(profile)
    saved_s = (1 - 1 / found.expected) * whole_s
    return found.expected >= WORTH_SAYING and saved_s >= LEAST_OF_ALL * with_imports_s(profile)


def _of(code: str, rule: Rule, profile: Profile, broken: Callable[[str, Exception], None] | None) -> list[Found]:
    try:
        return list(rule.find(profile))
    except Exception as error:
        if broken is None:
            raise
        broken(code, error)
        return []
