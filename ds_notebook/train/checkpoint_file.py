"""A checkpoint as one safetensors file: laid out in memory first, so that the loop goes on while it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from ds_notebook.errors import RecordError
from ds_notebook.train.tree import DTYPES, Tree, pack, unpack

_TREE = "ds-notebook"
"""The entry of the file's metadata that says how the tensors hang together."""


class Snapshot:
    """A copy of a tree in the very bytes of its file; the memory is used again for the next one.

    The format is safetensors' (github.com/huggingface/safetensors, "Format"). Its own writer takes all bytes at once
    and holds Python's lock meanwhile, so a training beside it would stand still: these bytes are written and hashed
    without the lock.
    """

    def __init__(self) -> None:
        self._memory = bytearray()

    def take(self, tree: Tree) -> Sequence[bytes | memoryview]:
        """The parts of the file, valid until the next `take`; raises UsageError for what a file cannot hold."""
        packed, tensors = pack(tree)
        # large items first: then each tensor lies where its type may lie, and no gap is needed
        order = sorted(tensors.items(), key=lambda item: -item[1].element_size())
        ends = list(accumulate((tensor.nbytes for _, tensor in order), initial=0))
        if len(self._memory) != ends[-1]:
            self._memory = bytearray(ends[-1])
        header: dict[str, Any] = {"__metadata__": {_TREE: json.dumps(packed)}}
        for (name, tensor), start, end in zip(order, ends, ends[1:], strict=False):
            header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
            if start < end:
                place = torch.frombuffer(self._memory, dtype=tensor.dtype, count=tensor.numel(), offset=start)
                place.view(tensor.shape).copy_(tensor)
        line = json.dumps(header).encode()
        line += b" " * (-len(line) % 8)
        return [len(line).to_bytes(8, "little"), line, memoryview(self._memory)]


def read_checkpoint(content: bytes) -> Tree:
    """The tree in a file's bytes; raises RecordError for a file that holds none."""
    try:
        tensors = safetensors.torch.load(content)
        size = int.from_bytes(content[:8], "little")
        packed = json.loads(json.loads(content[8 : 8 + size])["__metadata__"][_TREE])
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordError(f"This is no checkpoint of ds-notebook ({type(error).__name__}: {error}).") from None
    return unpack(packed, tensors)


def tensor_bytes(tensors: dict[str, Tensor]) -> bytes:
    """Named tensors as one safetensors file; those that share memory are written apart."""
    return safetensors.torch.save(
        {name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}
    )
