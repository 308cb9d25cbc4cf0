"""The serializers of Python and Protocol Buffers: how often, how long and how much, by the user's line."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ds_notebook.profile.capture.hooks.encoded import Encodings, timed
from ds_notebook.profile.capture.hooks.exchange import Exchange
from ds_notebook.profile.capture.hooks.patches import Patches
from ds_notebook.profile.capture.scope import Scope

FUNCTIONS = {"json": ("dumps", "loads", "dump"), "pickle": ("dumps", "loads", "dump", "load")}
"""`json.load` calls `json.loads`."""
MESSAGES_EVERY_S = 0.5
"""Classes of messages are made when their modules are imported: looked for so often."""


@contextmanager
def encodings(scope: Scope) -> Iterator[None]:
    """Counts `FUNCTIONS` wherever the user has them, and the methods of messages, until the end of the profile."""
    counted = Encodings(scope.places)
    with Exchange(scope.places) as exchange, Patches() as patches:
        for module, names in FUNCTIONS.items():
            scope.imports.when_loaded(module, functools.partial(_install, module, names, exchange, counted))
        messages = _Messages(patches, counted)
        messages.look()
        scope.sampler.looks.add(MESSAGES_EVERY_S, lambda *_: messages.look())
        try:
            yield
        finally:
            scope.found.encodings = counted.all()


def _install(module: str, names: tuple[str, ...], exchange: Exchange, counted: Encodings) -> None:
    calls = {name: getattr(sys.modules[module], name) for name in names}
    exchange.replace(module, {call: timed(call, f"{module}.{name}", counted) for name, call in calls.items()})


class _Messages:
    """The classes that were generated for Protocol Buffers."""

    def __init__(self, patches: Patches, counted: Encodings) -> None:
        self._patches = patches
        self._counted = counted
        self._met: set[type] = set()

    def look(self) -> None:
        """Count the methods of classes that are new since the last look."""
        message: Any = getattr(sys.modules.get("google.protobuf.message"), "Message", None)
        for kind in set(message.__subclasses__()) - self._met if message is not None else ():
            self._met.add(kind)
            if getattr(kind, "DESCRIPTOR", None) is None:  # a base of the library's own
                continue
            for name in ("SerializeToString", "ParseFromString"):
                self._patches.set(kind, name, timed(getattr(kind, name), f"protobuf.{name}", self._counted))
            parse = timed(kind.FromString, "protobuf.FromString", self._counted)
            self._patches.set(kind, "FromString", staticmethod(parse))
