"""What of torch was at work: which models, which loaders, which optimizers, and how they are set."""

from __future__ import annotations

import functools
import sys
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from ds_notebook.profile.capture.hooks.arguments import is_traced, variables
from ds_notebook.profile.capture.hooks.patches import Patches
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.profile.observed import Loader, Model, Optimizer

EVERY_S = 0.05
_CALL = "torch/nn/modules/module.py"


@contextmanager
def torch_seen(scope: Scope) -> Iterator[None]:
    """Notes loaders and optimizers by hooks that run once a batch and once a step, models by looks at the stack."""
    seen = _Seen(scope)
    with ExitStack() as until_the_end:
        patches = until_the_end.enter_context(Patches())
        scope.imports.when_loaded("torch.utils.data", lambda: seen.watch_loaders(patches))
        scope.imports.when_loaded("torch.optim.optimizer", lambda: seen.watch_optimizers(until_the_end))
        scope.sampler.looks.add(EVERY_S, functools.partial(seen.look_for_models, patches))
        yield


class _Seen:
    def __init__(self, scope: Scope) -> None:
        self._found = scope.found
        self._loaders: weakref.WeakKeyDictionary[Any, Loader] = weakref.WeakKeyDictionary()
        self._optimizers: weakref.WeakKeyDictionary[Any, Optimizer] = weakref.WeakKeyDictionary()
        self._models: weakref.WeakKeyDictionary[Any, Model] = weakref.WeakKeyDictionary()
        self._classes: set[type] = set()

    def watch_loaders(self, patches: Patches) -> None:
        from torch.utils.data import DataLoader
        from torch.utils.data.dataloader import _BaseDataLoaderIter

        begin, take = DataLoader.__iter__, _BaseDataLoaderIter.__next__
        of_iterator: weakref.WeakKeyDictionary[Any, Loader] = weakref.WeakKeyDictionary()

        @functools.wraps(begin)
        def counted_begin(loader: Any) -> Any:
            iterator = begin(loader)
            noted = self._loaders.get(loader)
            if noted is None:
                noted = self._loaders[loader] = _loader(loader)
                self._found.loaders.append(noted)
            noted.iterators += 1
            of_iterator[iterator] = noted
            return iterator

        @functools.wraps(take)
        def counted_take(iterator: Any) -> Any:
            batch = take(iterator)
            if noted := of_iterator.get(iterator):
                noted.batches += 1
            return batch

        patches.set(DataLoader, "__iter__", counted_begin)
        patches.set(_BaseDataLoaderIter, "__next__", counted_take)

    def watch_optimizers(self, until_the_end: ExitStack) -> None:
        from torch.optim.optimizer import register_optimizer_step_pre_hook

        def note(optimizer: Any, args: Any, kwargs: Any) -> None:
            if optimizer not in self._optimizers:
                noted = self._optimizers[optimizer] = _optimizer(optimizer)
                self._found.optimizers.append(noted)

        until_the_end.callback(register_optimizer_step_pre_hook(note).remove)

    def look_for_models(self, patches: Patches, frame: FrameType, _: float) -> None:
        """The outermost module that is being called: its frame knows it."""
        if "torch" not in sys.modules or is_traced(frame):
            return
        outermost, walked = None, frame
        while walked is not None:
            if walked.f_code.co_name == "_call_impl" and walked.f_code.co_filename.endswith(_CALL):
                outermost = walked
            walked = walked.f_back  # type: ignore[assignment]  # None ends the loop
        if outermost is None:
            return
        model = variables(outermost).get("self")
        if model is None or model in self._models:
            return
        noted = self._models[model] = _model(model)
        self._found.models.append(noted)
        self._count_calls(patches, model)

    def _count_calls(self, patches: Patches, model: Any) -> None:
        """By the class's `__call__`: a hook on the module would be saved with it, one on all modules costs each call.

        Not by `forward`, whose source and globals `torch.jit.script` and `torch.fx` read.
        """
        import torch

        kind = type(model)
        compiled = kind.__module__.startswith(("torch.jit", "torch._dynamo")) or model._compiled_call_impl
        if kind in self._classes or compiled:  # that would be compiled anew
            return
        self._classes.add(kind)
        call = kind.__call__
        inherits = call is torch.nn.Module.__call__
        models = self._models
        is_tracing: Any = torch.jit.is_tracing  # type: ignore[attr-defined]  # documented, and not in its `__all__`

        @functools.wraps(call)
        def counted(module: Any, *args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling() and not is_tracing():
                noted = models.get(module)
                if noted is not None:
                    noted.calls += 1
                    rows, positions, elements = _rows(args)
                    noted.rows += rows
                    noted.positions += positions
                    noted.elements += elements
                    if torch.is_grad_enabled():
                        noted.trained_calls += 1
                        noted.trained_rows += rows
                        noted.trained_positions += positions
                        noted.trained_elements += elements
                    if noted.calls == 1:
                        noted.autocast = _autocast(noted.device)
            # asked for anew: whoever traces replaces it for a while
            return (torch.nn.Module.__call__ if inherits else call)(module, *args, **kwargs)

        patches.set(kind, "__call__", counted)


def _rows(args: tuple[Any, ...]) -> tuple[int, int, int]:
    """Of the first argument and of it as a matrix, and its elements; 0 for one that stands for a tensor in a trace."""
    import torch

    first = args[0] if args else None
    if type(first) is not torch.Tensor or not first.ndim:
        return 0, 0, 0
    elements = first.numel()
    if first.ndim == 1 and first.is_floating_point():  # a single row
        return 1, 1, elements
    return first.shape[0], elements // (max(first.shape[-1], 1) if first.is_floating_point() else 1), elements


def _autocast(device: str) -> str:
    import torch

    kind = device.partition(":")[0]
    return str(torch.get_autocast_dtype(kind)).removeprefix("torch.") if torch.is_autocast_enabled(kind) else ""


def _loader(loader: Any) -> Loader:
    dataset = loader.dataset
    try:
        length = len(loader)
    except TypeError:  # a stream
        length = None
    return Loader(
        num_workers=loader.num_workers,
        batch_size=loader.batch_size,
        pin_memory=bool(loader.pin_memory),
        persistent=loader.persistent_workers,
        dataset=type(dataset).__name__,
        length=length,
    )


def _optimizer(optimizer: Any) -> Optimizer:
    tensors = [tensor for group in optimizer.param_groups for tensor in group["params"]]
    return Optimizer(
        name=type(optimizer).__name__,
        num_tensors=len(tensors),
        num_parameters=sum(tensor.numel() for tensor in tensors),
        foreach=optimizer.defaults.get("foreach"),
        fused=optimizer.defaults.get("fused"),
        device=str(tensors[0].device) if tensors else "cpu",
    )


def _model(model: Any) -> Model:
    parameters = list(model.parameters())
    layers = Counter(type(module).__name__ for module in model.modules() if not list(module.children()))
    dtypes: Counter[str] = Counter()
    for parameter in parameters:
        dtypes[str(parameter.dtype).removeprefix("torch.")] += parameter.numel()
    return Model(
        name=type(model).__name__,
        num_parameters=sum(dtypes.values()),
        looked_up=sum(parameter.numel() for module in _embeddings(model) for parameter in module.parameters()),
        dtypes=dict(dtypes),
        device=str(parameters[0].device) if parameters else "cpu",
        widest=max((min(_inner(parameter)) for parameter in parameters if parameter.ndim >= 2), default=0),
        layers=dict(layers),
    )


def _embeddings(model: Any) -> list[Any]:
    from torch import nn

    return [module for module in model.modules() if isinstance(module, nn.Embedding | nn.EmbeddingBag)]


def _inner(weight: Any) -> tuple[int, int]:
    """Rows and columns of a weight as a matrix: a convolution's kernel is unfolded."""
    return weight.shape[0], weight.shape[1:].numel()
