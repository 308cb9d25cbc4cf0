"""serialization: `json` is answered by orjson, `pickle` of plain data by MessagePack; what they cannot do stays."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import IO, Any

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedy import Remedy

Payload = Any  # whatever the program serializes


class FasterEncoder(Remedy):
    """Where `function` in the finding's facts is of `json` or `pickle`."""

    code = "serialization"
    libraries = ("orjson", "msgspec")

    def words(self, found: Found) -> str:
        if _module(found) == "pickle":
            return "MessagePack by msgspec"
        return "orjson" if _has_orjson() else "JSON by msgspec"

    def objection(self, found: Found, profile: Profile) -> str:
        return "" if _module(found) in ("json", "pickle") else f"there is no other encoder for {_module(found)} to try"

    @contextmanager
    def applied(self, found: Found) -> Iterator[None]:
        module, others = (pickle, _pickles()) if _module(found) == "pickle" else (json, _jsons())
        before = {name: getattr(module, name) for name in others}
        after = {name: _on_line(found.at, before[name], other) for name, other in others.items()}
        _replace(module, before, after)
        try:
            yield
        finally:
            _replace(module, after, before)


def _on_line(at: Frame, plain: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """`other` for the line of the finding alone: what it brings there is what was expected of it."""

    def either(*args: Any, **options: Any) -> Payload:
        caller = sys._getframe(1)
        if caller.f_lineno == at.line and caller.f_code.co_qualname == at.function:
            return other(*args, **options)
        return plain(*args, **options)

    return either


def _module(found: Found) -> str:
    return str(found.facts.get("function", "")).partition(".")[0].removeprefix("_")


def _has_orjson() -> bool:
    from importlib.util import find_spec

    return find_spec("orjson") is not None


def _replace(module: ModuleType, old: dict[str, Callable[..., Any]], new: dict[str, Callable[..., Any]]) -> None:
    """In the module, and in a notebook's own names, which may have it by `from json import dumps`."""
    main = vars(sys.modules["__main__"])
    for name, function in new.items():
        setattr(module, name, function)
        for own, value in list(main.items()):
            if value is old[name]:
                main[own] = function


def _jsons() -> dict[str, Callable[..., Any]]:
    encode, decode = _orjson() if _has_orjson() else _msgspec()
    plain_dumps, plain_loads = json.dumps, json.loads

    def dumps(value: Payload, **options: Any) -> str:
        try:
            return encode(value, options)
        except (TypeError, ValueError, KeyError):  # it cannot do this: json does it, or says what is wrong
            return plain_dumps(value, **options)

    def loads(text: str | bytes, **options: Any) -> Payload:
        if options:
            return plain_loads(text, **options)
        try:
            return decode(text)
        except ValueError:  # NaN, or not JSON at all
            return plain_loads(text)

    def dump(value: Payload, file: IO[str], **options: Any) -> None:
        file.write(dumps(value, **options))

    def load(file: IO[str], **options: Any) -> Payload:
        return loads(file.read(), **options)

    return {"dumps": dumps, "loads": loads, "dump": dump, "load": load}


Encode = Callable[[Payload, dict[str, Any]], str]
Decode = Callable[[str | bytes], Payload]


def _orjson() -> tuple[Encode, Decode]:
    import orjson

    usual = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
    said = {"sort_keys": orjson.OPT_SORT_KEYS, "indent": orjson.OPT_INDENT_2}

    def encode(value: Payload, options: dict[str, Any]) -> str:
        if not options:
            return orjson.dumps(value, None, usual).decode()
        if options.get("indent") not in (None, 2):
            raise ValueError
        known = options.keys() - {"default", "ensure_ascii", "separators"}
        option = usual | sum(said[name] for name in known if options[name])  # KeyError: an option it has not
        return orjson.dumps(value, options.get("default"), option).decode()

    return encode, orjson.loads


def _msgspec() -> tuple[Encode, Decode]:
    import msgspec

    encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder()

    def encode(value: Payload, options: dict[str, Any]) -> str:
        if options:
            raise ValueError
        return encoder.encode(value).decode()

    return encode, decoder.decode


def _pickles() -> dict[str, Callable[..., Any]]:
    import msgspec

    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(strict=False)
    plain_dumps, plain_loads = pickle.dumps, pickle.loads

    def dumps(value: Payload, *args: Any, **options: Any) -> bytes:
        try:
            return encoder.encode(value)
        except (TypeError, OverflowError, ValueError):  # an object of a class
            return plain_dumps(value, *args, **options)

    def loads(data: bytes, **options: Any) -> Payload:
        is_pickle = data[:1] == b"\x80" and data[-1:] == b"." and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
        return plain_loads(data, **options) if is_pickle else decoder.decode(data)

    return {"dumps": dumps, "loads": loads}


REMEDY = FasterEncoder()
