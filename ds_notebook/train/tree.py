"""A training's state as JSON and named tensors, and back: what a safetensors file can hold, and never a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from ds_notebook.errors import RecordError, UsageError

Json = Any  # what `json` can write
Tree = Any  # dicts, lists and tuples of tensors, arrays, numbers and text

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.uint64: "U64",
    torch.uint32: "U32",
    torch.uint16: "U16",
    torch.bool: "BOOL",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
}
"""What a safetensors file can hold, by its names in there."""


def pack(tree: Tree) -> tuple[Json, dict[str, Tensor]]:
    """`tree` with each tensor replaced by its name, and the tensors by name; those that share memory share a name.

    Raises UsageError, naming the place, for what is no tensor, array, number or text.
    """
    packer = _Packer()
    return packer.pack(tree, ""), packer.tensors


class _Packer:
    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._names: dict[Any, str] = {}

    def pack(self, tree: Tree, place: str) -> Json:
        if isinstance(tree, Tensor):
            tensor = tree.detach()
            if tensor.is_complex():
                return {"$complex": self._name(torch.view_as_real(tensor.resolve_conj()), place)}
            return {"$tensor": self._name(tensor, place)}
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if isinstance(tree, tuple):
            return {"$tuple": [self.pack(item, f"{place}/{number}") for number, item in enumerate(tree)]}
        if isinstance(tree, list):
            return [self.pack(item, f"{place}/{number}") for number, item in enumerate(tree)]
        if isinstance(tree, Mapping):
            packed = [(key, self.pack(item, f"{place}/{key}")) for key, item in tree.items()]
            if all(isinstance(key, str) and not key.startswith("$") for key in tree):
                return dict(packed)
            return {"$items": [[self.pack(key, place), item] for key, item in packed]}
        if hasattr(tree, "dtype") and hasattr(tree, "tolist"):  # numpy's
            return {"$array": self._name(torch.as_tensor(tree), place)} if tree.ndim else tree.item()
        raise UsageError(
            f"The state {place[1:]} is a {type(tree).__name__}; a checkpoint holds tensors, numbers and text alone."
        )

    def _name(self, tensor: Tensor, place: str) -> str:
        if tensor.dtype not in DTYPES or tensor.layout != torch.strided:
            raise UsageError(
                f"The state {place[1:]} is a {tensor.dtype} tensor ({tensor.layout}), which a checkpoint cannot hold. "
                "Keep it out of the state dict (persistent=False), or train without checkpoints."
            )
        if not tensor.numel():
            memory: Any = place
        else:
            memory = (tensor.device, tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride())
        if memory not in self._names:
            name = place[1:]
            while name in self.tensors:  # "a/b" may be a key, and b one within a
                name += "'"
            self._names[memory] = name
            self.tensors[name] = tensor
        return self._names[memory]


def unpack(packed: Json, tensors: Mapping[str, Tensor]) -> Tree:
    """The tree that `pack` took apart; raises RecordError for what it cannot have written."""
    try:
        return _unpacked(packed, tensors)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise RecordError(f"The checkpoint's description does not fit its tensors ({error}).") from None


def _unpacked(packed: Json, tensors: Mapping[str, Tensor]) -> Tree:
    if isinstance(packed, list):
        return [_unpacked(item, tensors) for item in packed]
    if not isinstance(packed, dict):
        return packed
    match packed:
        case {"$tensor": name}:
            return tensors[name]
        case {"$complex": name}:
            return torch.view_as_complex(tensors[name])
        case {"$array": name}:
            return tensors[name].numpy()
        case {"$tuple": items}:
            return tuple(_unpacked(item, tensors) for item in items)
        case {"$items": items}:
            return {_unpacked(key, tensors): _unpacked(item, tensors) for key, item in items}
    return {key: _unpacked(item, tensors) for key, item in packed.items()}
