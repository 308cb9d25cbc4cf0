"""Patches of torch that several remedies share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Arguments = dict[str, Any]  # whatever a constructor takes


@contextmanager
def constructed_with(kind: type, change: Callable[[Arguments], Arguments]) -> Iterator[None]:
    """Whoever constructs a `kind` does so with the arguments that `change` makes of those given by name or place."""
    import inspect

    plain = kind.__init__  # type: ignore[misc]  # of this very class, whose constructor is replaced for a while
    signature = inspect.signature(plain)

    def changed(self: object, *args: Any, **kwargs: Any) -> None:  # as the constructor's own
        given = dict(signature.bind(self, *args, **kwargs).arguments)
        given.pop(next(iter(signature.parameters)))
        plain(self, **change(given))

    kind.__init__ = changed  # type: ignore[misc]
    try:
        yield
    finally:
        kind.__init__ = plain  # type: ignore[misc]
