"""One batch, whatever its structure: parted into inputs and targets, moved, counted, split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import torch

from ds_notebook.errors import UsageError

Tree = Any  # a tensor, or tuples, lists and dicts of them: the shapes people's loaders give


class Parts(NamedTuple):
    """What goes into the model, and what is compared with what comes out (None: the model has its own loss)."""

    inputs: Tree
    targets: Tree


def parts(batch: Tree) -> Parts | tuple[Tree, Tree]:
    """Part a batch: (inputs, targets), (input, input, ..., targets), or a dict that the model takes by names.

    Raises UsageError for anything else, saying what was found.
    """
    if isinstance(batch, (tuple, list)) and len(batch) == 2:
        return batch  # type: ignore[return-value]  # a pair, if a list
    if isinstance(batch, (tuple, list)) and len(batch) > 2:
        return Parts(tuple(batch[:-1]), batch[-1])
    if hasattr(batch, "keys"):
        return Parts(dict(batch), batch.get("labels"))
    shape = f" of shape {tuple(batch.shape)}" if hasattr(batch, "shape") else ""
    raise UsageError(
        f"A batch is a {type(batch).__name__}{shape}; expected a pair (inputs, targets) or a dict that the model takes."
    )


def placed(batch: Tree, device: torch.device) -> Parts:
    """A loader's batch, parted and on the device."""
    if type(batch) in (tuple, list) and len(batch) == 2 and device.type == "cpu":
        inputs, targets = batch
        if type(inputs) is type(targets) is torch.Tensor and inputs.is_cpu and targets.is_cpu:
            return Parts(inputs, targets)
    inputs, targets = parts(batch)
    if not isinstance(inputs, torch.Tensor) or inputs.device != device:
        inputs = to_device(inputs, device)
    if not isinstance(targets, torch.Tensor) or targets.device != device:
        targets = to_device(targets, device)
    return Parts(inputs, targets)


def forward(model: Callable[..., Any], inputs: Tree) -> Any:  # whatever the user's model returns
    """Call the model as its inputs are shaped: a dict by names, a tuple by position, else as the one argument."""
    if isinstance(inputs, torch.Tensor):
        return model(inputs)
    if isinstance(inputs, dict):
        return model(**inputs)
    if isinstance(inputs, tuple):
        return model(*inputs)
    return model(inputs)


def to_device(tree: Tree, device: torch.device) -> Tree:
    """The same structure with its tensors on `device`; numpy arrays and numbers become tensors."""
    if isinstance(tree, torch.Tensor):
        return tree if tree.device == device else tree.to(device, non_blocking=True)
    if isinstance(tree, dict):
        return {name: to_device(item, device) for name, item in tree.items()}
    if isinstance(tree, tuple | list):
        return tuple(to_device(item, device) for item in tree)
    if tree is None:
        return None
    try:
        return as_tensor(tree).to(device)
    except (TypeError, ValueError, RuntimeError):
        raise UsageError(
            f"A batch holds a {type(tree).__name__}; expected tensors, arrays or numbers, or tuples and dicts of them."
        ) from None


def as_tensor(values: Any) -> torch.Tensor:
    """An array, list or table as a tensor, reals in the float32 that models take."""
    if hasattr(values, "to_numpy"):  # a table's own memory is read-only, which torch warns of
        values = values.to_numpy(copy=True)
    tensor = torch.as_tensor(values)
    return tensor.to(torch.float32) if tensor.dtype == torch.float64 else tensor


def num_samples(batch: Parts) -> int:
    """Samples in a batch: the length that most of its inputs have; the targets' where that decides nothing.

    Not every tensor has one entry a sample: a mask, or the positions of tokens, may be there once for all.
    """
    inputs, targets = batch
    if isinstance(inputs, torch.Tensor):
        return len(inputs) if inputs.ndim else 1
    of_inputs, of_targets = ([len(each) for each in tensors(part) if each.ndim] for part in (inputs, targets))
    if not of_inputs:
        return of_targets[0] if of_targets else 1
    return max(of_inputs, key=lambda length: (of_inputs.count(length), length in of_targets))


def tensors(tree: Tree) -> Iterator[torch.Tensor]:
    """All of them, in order."""
    if isinstance(tree, torch.Tensor):
        yield tree
    items = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, tuple | list) else ()
    for item in items:
        yield from tensors(item)


def split(batch: Parts, micro_batch: int, ignored: int = -100, *, shifted: bool = False) -> list[tuple[Parts, float]]:
    """The batch in pieces of `micro_batch` samples at most, each with its share of the targets that count.

    The pieces are as equal as can be, so that a short last batch leaves no sample alone, which batch statistics could
    not be taken over. A loss is a mean over the targets that count, so the shares, not the mean of means, give the
    whole batch's loss; a piece in which none counts is left out. `shifted` targets are compared with the output before
    them, so each row's first one counts for nothing.
    """
    num_all = num_samples(batch)
    num_pieces = max(1, -(-num_all // micro_batch))
    ends = [num_all * place // num_pieces for place in range(num_pieces + 1)]
    pieces = [Parts(*(_slice(part, num_all, slice(start, end)) for part in batch)) for start, end in pairwise(ends)]
    counts = num_counted(pieces, ignored, shifted=shifted)
    total = sum(counts)
    if not total:  # the whole batch's loss is NaN, and so shall that of its pieces be
        return [(piece, 1 / len(pieces)) for piece in pieces]
    return [(piece, count / total) for piece, count in zip(pieces, counts, strict=True) if count]


def first(batch: Parts, number: int) -> Parts:
    """So many samples of a batch."""
    num_all = num_samples(batch)
    return Parts(*(_slice(part, num_all, slice(number)) for part in batch))


def num_counted(batches: list[Parts], ignored: int = -100, *, shifted: bool = False) -> list[int]:
    """Targets of each batch that a loss takes its mean over: `ignored` is cross-entropy's mark for "do not count"."""
    targets = [batch.targets for batch in batches]
    if not all(isinstance(each, torch.Tensor) and each.dtype == torch.int64 for each in targets):
        return [num_samples(batch) for batch in batches]
    counting = [each[..., 1:] if shifted and each.ndim >= 2 else each for each in targets]
    counts: list[int] = torch.stack([(each != ignored).sum() for each in counting]).tolist()  # one wait for the device
    return counts


def _slice(tree: Tree, num_all: int, rows: slice) -> Tree:
    """Those samples of each tensor; one of another length, such as a mask that all share, belongs to every piece."""
    if isinstance(tree, torch.Tensor):
        return tree[rows] if tree.ndim and len(tree) == num_all else tree
    if isinstance(tree, dict):
        return {name: _slice(item, num_all, rows) for name, item in tree.items()}
    if isinstance(tree, tuple):
        return tuple(_slice(item, num_all, rows) for item in tree)
    return tree


def not_finite(tree: Tree) -> str:
    """Where a batch holds NaN or infinity, in words; empty where it does not."""
    for tensor in tensors(tree):
        if not tensor.is_floating_point() or bool(torch.isfinite(tensor).all()):
            continue
        rows = (~torch.isfinite(tensor.reshape(len(tensor), -1)).all(dim=1)).nonzero().flatten().tolist()
        return f"row{'s' if len(rows) > 1 else ''} {', '.join(map(str, rows[:5]))}{', ...' if len(rows) > 5 else ''}"
    return ""


def cleaned(tree: Tree) -> Tree:
    """The same structure with 0 where it holds NaN or infinity."""
    if isinstance(tree, torch.Tensor):
        return torch.nan_to_num(tree, 0.0, 0.0, 0.0) if tree.is_floating_point() else tree
    if isinstance(tree, dict):
        return {name: cleaned(item) for name, item in tree.items()}
    return tuple(map(cleaned, tree)) if isinstance(tree, tuple) else tree
