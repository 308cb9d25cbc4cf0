"""A remedy: what follows a rule's advice in the copy of a program, so that it can be measured."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar, NamedTuple

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found


class CannotTry(Exception):
    """Why a remedy is only advised, as the end of "not tried: ...": "it needs a GPU"."""


class Rewriting(NamedTuple):
    """One of the user's places, with the remedy in it."""

    place: str
    source: str
    fix: str
    """The part that is new, as code to paste."""
    loop_names: frozenset[str] = frozenset()
    """What a rewritten loop goes through, which is no result: a row that was a Series and is a dict."""


class Remedy:
    """The plain case: changes nothing. A remedy rewrites the source, or patches what the program calls, or both."""

    code: ClassVar[str]
    """Of the rule whose advice it follows."""
    libraries: ClassVar[tuple[str, ...]] = ()
    """That it brings along; imported before the clock runs, on both sides."""
    patches: ClassVar[tuple[str, ...]] = ()
    """Libraries of the program's own that it patches: imported before the clock runs, as all are left out of it."""

    def words(self, found: Found) -> str:
        """Its name at the beginning of a sentence: "Two workers"."""
        raise NotImplementedError

    def objection(self, found: Found, profile: Profile) -> str:
        """Why it is not tried here; "" where it is."""
        return ""

    def rewritten(self, found: Found, profile: Profile) -> Rewriting | None:
        """The source with the remedy, None where that stays as it is; raises CannotTry."""
        return None

    def environment(self, found: Found) -> dict[str, str]:
        """Variables that a fresh process starts with."""
        return {}

    def applied(self, found: Found) -> AbstractContextManager[object]:
        """Around the program; raises CannotTry."""
        return nullcontext()
