"""Attributes of other people's modules and classes, replaced for a while and put back exactly."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

_MISSING = object()


class Patches:
    """A context: what it replaced is there again afterwards, unless someone else has replaced it since."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, object, object]] = []  # any module or class

    def set(self, owner: Any, name: str, by: object) -> None:  # any module or class
        """Replace an attribute that `owner` may have itself or inherit."""
        before = vars(owner).get(name, _MISSING)
        setattr(owner, name, by)
        self._undo.append((owner, name, before, by))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for owner, name, before, by in reversed(self._undo):
            if vars(owner).get(name) is not by:
                continue
            if before is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        self._undo.clear()
