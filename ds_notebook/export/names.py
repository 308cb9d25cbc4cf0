"""Names and options of a record in the words that another tool takes: a stranger's may hold anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain, count
from typing import Any

from ds_notebook.draw import clean

MAX_LETTERS = 200


def shown(name: str) -> str:
    """`name` on one line, without control characters, of bounded length."""
    return clean(name)[:MAX_LETTERS] or "unnamed"


class Names:
    """One name of the other tool for each of the record's: two that become alike are told apart by a number."""

    def __init__(self, spell: Callable[[str], str] = shown) -> None:
        self._spell = spell
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """The same for the same name."""
        if name not in self._given:
            wanted = self._spell(name)
            numbered = (f"{wanted}_{number}" for number in count(2))
            given = next(each for each in chain([wanted], numbered) if each not in self._taken)
            self._given[name] = given
            self._taken.add(given)
        return self._given[name]

    def remarks(self) -> list[str]:
        """A sentence where names had to be altered."""
        altered = [name for name, given in self._given.items() if name != given]
        if not altered:
            return []
        first = altered[0]
        return [f"{len(altered)} names were altered, such as {first[:40]!r} to {self._given[first]!r}."]


def flat(options: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:  # any JSON
    """Nested options with dots in their names."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found
