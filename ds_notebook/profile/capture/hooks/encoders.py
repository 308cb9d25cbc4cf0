"""What other encoders would take on the user's own payload: measured once the profile is over, and only shortly."""

from __future__ import annotations

import io
import json
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import msgspec

BUDGET_S = 0.05
"""For all payloads of one line of the user's."""
_ROUNDS = 50

Call = Callable[[Any], object]  # whatever an encoder takes


def speedups(function: str, payloads: Sequence[str | bytes]) -> dict[str, float] | None:
    """How many times as fast each other encoder does on `payloads`, texts that `function` wrote or read, what it did.

    None where that cannot be said: the payload has objects of classes in it, or `function` has no other encoder.
    """
    until_s = time.perf_counter() + BUDGET_S
    module, _, name = function.partition(".")
    try:
        values = [_VALUE[module](payload) for payload in payloads]
    except (KeyError, ValueError, pickle.UnpicklingError, EOFError):
        return None
    if not values:
        return None
    if name.startswith("dump"):
        plain: Call = json.dumps if module == "json" else pickle.dumps
        return _compared(
            until_s, plain, values, {library: (call, values) for library, call in _writers(module).items()}
        )
    if module == "json":
        return _compared(
            until_s, json.loads, payloads, {library: (call, payloads) for library, call in _readers().items()}
        )
    # MessagePack cannot read a pickle: what it would have written is what it would read.
    written = [msgspec.msgpack.encode(value) for value in values] if _can(msgspec.msgpack.encode, values) else []
    return _compared(until_s, pickle.loads, payloads, {"msgspec": (msgspec.msgpack.decode, written)} if written else {})


class _Plain(pickle.Unpickler):
    """Reads plain data; nothing of the user's runs."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is a class")


_VALUE: Mapping[str, Callable[[Any], object]] = {
    "json": lambda text: json.loads(text),
    "pickle": lambda text: _Plain(io.BytesIO(text)).load(),
}


def _writers(module: str) -> dict[str, Call]:
    """Of JSON as a text, which is what `json.dumps` gives; they themselves write bytes."""
    if module == "pickle":
        return {"msgspec": msgspec.msgpack.encode}
    found: dict[str, Call] = {"msgspec": lambda value: msgspec.json.encode(value).decode()}
    if find_spec("orjson"):
        encode = _orjson().dumps
        found["orjson"] = lambda value: encode(value).decode()
    return found


def _readers() -> dict[str, Call]:
    return {"msgspec": msgspec.json.decode, **({"orjson": _orjson().loads} if find_spec("orjson") else {})}


def _orjson() -> Any:
    import orjson

    return orjson


def _can(call: Call, subjects: Sequence[object]) -> bool:
    try:
        for subject in subjects:
            call(subject)
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError):
        return False
    return True


def _compared(
    until_s: float, plain: Call, subjects: Sequence[object], others: Mapping[str, tuple[Call, Sequence[object]]]
) -> dict[str, float]:
    """The fastest of some rounds of each, taken in turn until the budget is spent; without what cannot do it."""
    others = {library: (call, given) for library, (call, given) in others.items() if _can(call, given)}
    calls = {"": (plain, subjects), **others}
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(_ROUNDS):
        for library, (call, given) in calls.items():
            began_s = time.perf_counter()
            for subject in given:
                call(subject)
            best[library] = min(best[library], time.perf_counter() - began_s)
        if time.perf_counter() > until_s:
            break
    return {library: round(best[""] / max(best[library], 1e-9), 2) for library in others}
