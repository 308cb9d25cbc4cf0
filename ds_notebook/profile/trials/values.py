"""What a program's names hold, as plain values that another process can compare: JSON, and arrays beside it."""

from __future__ import annotations

import dataclasses
import json
import sys
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

MOST_ITEMS = 200_000
"""Of all lists and dicts together; a name with more is not compared."""
MOST_NUMBERS = 2_000_000
"""Of one array; of a larger one, evenly spaced numbers are kept."""
_LONG = 50
_SAME_AS = {"float64": "float", "int64": "int", "bool_": "bool", "complex128": "complex"}
"""numpy's scalars of Python's own dtypes."""
_DEEPEST = 12
_FILE = "values.json"

Value = Any  # a _Leaf's plain content, a list of Values, or a dict of them


class NotPlain(Exception):
    """A value of a kind that is not compared."""


class Array(msgspec.Struct):
    """Numbers of one kind: of an array, a tensor, a column, or a long list of them."""

    kind: str
    dtype: str
    shape: list[int]
    numbers: Any  # a numpy array of one dimension


class Plain(msgspec.Struct):
    """Anything else: `kind` is its type's name, `content` what JSON holds of it."""

    kind: str
    content: Any  # a number, text, None, or lists and dicts of Plain and Array


def plain(value: object) -> Plain | Array:
    """A value as it can be compared; raises NotPlain for kinds that cannot."""
    return _Reader().read(value)


def plain_names(namespace: Mapping[str, object]) -> tuple[dict[str, Plain | Array], list[str]]:
    """Each name that is compared, and those that are of kinds that are not."""
    known: dict[str, Plain | Array] = {}
    unknown: list[str] = []
    for name in data_names(namespace):
        try:
            known[name] = plain(namespace[name])
        except NotPlain:
            unknown.append(name)
    return known, unknown


def data_names(namespace: Mapping[str, object]) -> list[str]:
    """Names of a program that hold data: no modules, functions or classes, nothing private."""
    code = types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type
    return sorted(name for name, value in namespace.items() if name[:1] != "_" and not isinstance(value, code))


class _Reader:
    def __init__(self) -> None:
        self._left = MOST_ITEMS
        self._depth = 0

    def read(self, value: object) -> Plain | Array:
        kind = _SAME_AS.get(type(value).__name__, type(value).__name__)
        match value:
            case None | bool() | int() | float() | str():
                return Plain(kind, value)
            case complex():
                return Plain(kind, [value.real, value.imag])
            case bytes() | bytearray():
                return Plain(kind, value.hex() if len(value) < MOST_ITEMS else _refuse())
            case list() | tuple():
                return self._sequence(kind, value)
            case set() | frozenset():
                return self._sequence(kind, sorted(value, key=repr))
            case dict():
                return self._mapping(kind, value)
        return self._of_library(kind, value)

    def _sequence(self, kind: str, items: list[Any] | tuple[Any, ...]) -> Plain | Array:  # whatever it holds
        only = {type(item) for item in items} if len(items) > _LONG else set()
        if (only and only <= {float}) or only == {int}:
            return _array(f"{kind} of {only.pop().__name__}", items)
        return Plain(kind, self._all(items))

    def _all(self, items: Iterable[object]) -> list[Plain | Array]:
        self._depth += 1
        try:
            return [self._counted(item) for item in items]
        finally:
            self._depth -= 1

    def _counted(self, item: object) -> Plain | Array:
        self._left -= 1
        if self._left < 0 or self._depth > _DEEPEST:
            raise NotPlain
        return self.read(item)

    def _mapping(self, kind: str, items: Mapping[Any, object]) -> Plain:  # whatever its keys are
        keys = [f"{type(key).__name__} {key!r}" for key in items]
        return Plain(kind, [keys, self._all(items.values())])

    def _of_library(self, kind: str, value: Any) -> Plain | Array:  # its library tells
        numpy, torch, pandas = (sys.modules.get(name) for name in ("numpy", "torch", "pandas"))
        if numpy and isinstance(value, numpy.generic) and kind in _SAME_AS.values():
            return self.read(value.item())
        if numpy and isinstance(value, numpy.ndarray | numpy.generic):
            if value.dtype.kind in "biufcmM" and not isinstance(value, numpy.ma.MaskedArray):
                return _array(kind, value)
            return self._mapping(f"{kind} of {value.dtype} {value.shape}", {"items": value.tolist()})
        if torch and isinstance(value, torch.Tensor):
            return _tensor(kind, value)
        if torch and isinstance(value, torch.nn.Module):
            return self._mapping(kind, value.state_dict())
        if pandas and isinstance(value, pandas.DataFrame):
            columns = [value.iloc[:, number] for number in range(value.shape[1])]
            return self._mapping(kind, {"columns": value.columns, "index": value.index, "values": columns})
        if pandas and isinstance(value, pandas.Series):
            return self._mapping(f"{kind} of {value.dtype}", {"index": value.index, "values": value.to_numpy()})
        if pandas and isinstance(value, pandas.Index):
            return self.read(value.to_numpy())
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._mapping(kind, {each.name: getattr(value, each.name) for each in dataclasses.fields(value)})
        raise NotPlain


def _array(kind: str, numbers: Any) -> Array:  # an array, or a list of numbers
    import numpy

    try:
        array = numpy.asarray(numbers)
    except OverflowError:
        raise NotPlain from None
    if array.dtype.kind == "O":  # whole numbers beyond 64 bits
        raise NotPlain
    flat = array.reshape(-1)
    step = -(-flat.size // MOST_NUMBERS) or 1
    flat = flat[::step]
    return Array(kind, str(array.dtype), list(array.shape), flat.view("int64") if array.dtype.kind in "mM" else flat)


def _tensor(kind: str, tensor: Any) -> Array:  # a torch.Tensor
    import torch

    dense = tensor.detach().to("cpu")
    exact = dense.float() if dense.dtype in (torch.bfloat16, torch.float16) else dense
    try:
        found = _array(kind, exact.numpy())
    except (TypeError, RuntimeError):  # sparse, quantised
        raise NotPlain from None
    return Array(kind, str(tensor.dtype), found.shape, found.numbers)


def _refuse() -> str:
    raise NotPlain


def save(folder: Path, values: Mapping[str, Plain | Array]) -> None:
    """Write values into `folder` without pickle."""
    arrays: list[Any] = []  # numpy's
    saved = {name: _json(value, arrays) for name, value in values.items()}
    for number, array in enumerate(arrays):
        import numpy

        numpy.save(folder / f"{number}.npy", array, allow_pickle=False)
    (folder / _FILE).write_text(json.dumps(saved))


def _json(value: Plain | Array, arrays: list[Any]) -> Any:
    if isinstance(value, Array):
        arrays.append(value.numbers)
        return {"kind": value.kind, "dtype": value.dtype, "shape": value.shape, "array": len(arrays) - 1}
    return {"kind": value.kind, "content": _content(value.content, arrays)}


def _content(content: Any, arrays: list[Any]) -> Any:
    if isinstance(content, list):
        return [_content(each, arrays) for each in content]
    return _json(content, arrays) if isinstance(content, Plain | Array) else content


def load(folder: Path) -> dict[str, Plain | Array]:
    """What `save` wrote."""
    saved = json.loads((folder / _FILE).read_text())
    return {name: _value(each, folder) for name, each in saved.items()}


def _value(saved: Any, folder: Path) -> Any:
    if isinstance(saved, list):
        return [_value(each, folder) for each in saved]
    if not isinstance(saved, dict):
        return saved
    if "array" in saved:
        import numpy

        numbers = numpy.load(folder / f"{saved['array']}.npy", allow_pickle=False)
        return Array(saved["kind"], saved["dtype"], saved["shape"], numbers)
    return Plain(saved["kind"], _value(saved["content"], folder))
