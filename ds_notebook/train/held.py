"""A training set aside in memory, and put back as it lay there: strides, caches and gradients included."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ds_notebook.train.rng import rng_state, set_rng_state
from ds_notebook.train.step import Step

_TABLES = ("_parameters", "_buffers")


class Held:
    """What steps change: weights, buffers, gradients, modules' attributes, optimizer, scaler and random states.

    It costs the memory of the weights, their gradients and the optimizer's state once more. Scheduler and averaged
    weights are none of a step's business, and a list, dict or plain tensor that a module changes in place is not held.
    """

    def __init__(self, roots: Sequence[nn.Module], step: Step) -> None:
        groups = step.optimizer.param_groups
        weights = [weight for group in groups for weight in group["params"]]  # a function around the loss may have some
        found = [tensor for root in roots for tensor in (*root.parameters(), *root.buffers())]
        tensors = {id(tensor): tensor for tensor in [*found, *weights]}.values()
        restores = [_tensor_held(tensor) for tensor in tensors]
        restores += [_attributes_held(module) for root in roots for module in root.modules()]
        restores += [_optimizer_held(step.optimizer), _step_held(step)]
        self._restores = restores
        self._device = step.precision.device
        self._rng = rng_state(self._device)

    def put_back(self) -> None:
        """Make everything what it was, once."""
        for restore in self._restores:
            restore()
        set_rng_state(self._rng, self._device)


def copy_bytes(roots: Sequence[nn.Module], optimizer: torch.optim.Optimizer) -> int:
    """The memory that a `Held` takes, without gradients."""
    tensors = [tensor for root in roots for tensor in (*root.parameters(), *root.buffers())]
    tensors += [value for state in optimizer.state.values() for value in state.values() if isinstance(value, Tensor)]
    return sum(
        tensor.nbytes for tensor in {id(tensor): tensor for tensor in tensors}.values()
    )  # a loss may hold the model


def _tensor_held(tensor: Tensor) -> Callable[[], None]:
    # the memory itself is kept, too: another layout moves a weight elsewhere, and views of it would stay behind
    memory, values = tensor.data, tensor.detach().clone()
    gradient = None if tensor.grad is None else tensor.grad.clone()

    def restore() -> None:
        tensor.data = memory
        with torch.no_grad():
            tensor.copy_(values)
        tensor.grad = gradient

    return restore


def _attributes_held(module: nn.Module) -> Callable[[], None]:
    """Its mode, its counters, and what it keeps from one call to the next, such as a mask made in the first."""
    if isinstance(module, torch.jit.ScriptModule):  # its attributes lie elsewhere
        mode = module.training
        return lambda: _set_mode(module, mode)
    attributes = dict(vars(module))
    tables = [(vars(module)[name], dict(vars(module)[name])) for name in _TABLES]

    def restore() -> None:
        _make_equal(vars(module), attributes)
        for table, held in tables:
            _make_equal(table, held)

    return restore


def _set_mode(module: nn.Module, training: bool) -> None:
    module.training = training


def _optimizer_held(optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    # not by load_state_dict, which casts what an optimizer keeps in a type of its own
    state = {weight: copy.deepcopy(of_weight) for weight, of_weight in optimizer.state.items()}
    groups = [(group, _without_copying_weights(group)) for group in optimizer.param_groups]

    def restore() -> None:
        _make_equal(optimizer.state, state)
        for group, held in groups:
            _make_equal(group, held)

    return restore


def _without_copying_weights(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name == "params" else copy.deepcopy(value) for name, value in group.items()}


def _step_held(step: Step) -> Callable[[], None]:
    model, precision, micro_batch, channels_last = step.model, step.precision, step.micro_batch, step.channels_last
    scaler = copy.deepcopy(precision.state())

    def restore() -> None:
        step.model, step.precision, step.micro_batch, step.channels_last = model, precision, micro_batch, channels_last
        precision.load(scaler)

    return restore


def _make_equal(now: dict[Any, Any], held: dict[Any, Any]) -> None:
    for name in now.keys() - held.keys():
        del now[name]
    now.update(held)
