"""What training data is known by again: a hash of its size and of a few of its items."""

from __future__ import annotations

import hashlib
from typing import Any

import torch

from ds_notebook.train.data import Batches


def fingerprint(batches: Batches) -> str:
    """The same for the same data in another process; data that cannot be gone back in is known by its kind alone."""
    digest = hashlib.sha256(type(batches).__name__.encode())
    _add(digest, batches.sample())
    return digest.hexdigest()[:16]


def _add(digest: Any, tree: Any) -> None:
    if isinstance(tree, torch.Tensor):
        digest.update(f"{tree.dtype}{tuple(tree.shape)}".encode())
        digest.update(tree.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    elif hasattr(tree, "tobytes"):  # an array, an image
        digest.update(tree.tobytes())
    elif isinstance(tree, dict):
        for name, item in tree.items():
            digest.update(str(name).encode())
            _add(digest, item)
    elif isinstance(tree, list | tuple):
        for item in tree:
            _add(digest, item)
    else:
        digest.update(
            repr(tree).encode() if isinstance(tree, str | int | float | bytes) else type(tree).__name__.encode()
        )
