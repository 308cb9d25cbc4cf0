"""A call's arguments as something that can be compared: equal fingerprints are equal arguments, as far as can be seen.

Nothing of the user's runs for it: no `__eq__`, `__hash__` or `__len__` but those of Python's, numpy's and torch's own
types. An object of the user's own class is what it holds under the names that the function reads. What could change
without being seen (an open file, a connection, a model) is unlike everything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import chain, islice
from types import CodeType, FrameType, FunctionType
from typing import Any

from ds_notebook.profile.capture.hooks.attributes import attributes_read, held_by, state_read

OPAQUE = object()
"""Of an argument that cannot be told from another one."""

_PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None), range, slice})
_FIXED = ("datetime", "decimal", "fractions", "pathlib", "uuid")
"""Modules whose objects never change."""
_TRACERS = frozenset(os.path.join(os.path.dirname(os.__file__), name) for name in ("bdb.py", "profile.py", "trace.py"))
_HEAP_TYPE = 1 << 9
"""The flag of classes that were made while the program runs, as those written in Python are."""
_OPTIMIZED = 0x1
"""The flag of functions: their variables do not lie in a dict of the user's."""
SAMPLED = 16
"""Items of a container that are looked at."""
DEEPEST = 4
MOST_VALUES = 400
"""Of all arguments of a call together."""
WHOLE_BYTES = 65_536
"""Of an array that is looked at in full."""
SAMPLED_OF_ARRAY = 256
MOST_NODES = 10_000
"""Of a graph whose nodes are listed, to look at some all over it."""
EDGES = 2
"""Of a node, that are looked at."""
_LIBRARIES = ("site-packages", "dist-packages")


def arguments(frame: FrameType) -> dict[str, Any]:  # the user's own objects
    """A function's arguments by name, as they are now."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x4) + bool(code.co_flags & 0x8)
    names = code.co_varnames[:count]
    found = variables(frame)
    return {name: found[name] for name in names if name in found}


def variables(frame: FrameType) -> dict[str, Any]:  # the user's own objects
    """A frame's variables; the frame holds on to none of them for having been asked."""
    locals_ = frame.f_locals
    if not frame.f_code.co_flags & _OPTIMIZED:
        return dict(locals_)
    found = dict(locals_)
    # Before 3.13 Python makes a dict for who asks and keeps it with the frame: emptied, or a large array would live
    # as long as the function that deleted it. Unless the user has it too, from `locals()`.
    if type(locals_) is dict and sys.getrefcount(locals_) <= 3:
        locals_.clear()
    return found


def is_traced(frame: FrameType | None) -> bool:
    """Whether a debugger or profiler written in Python is at work on a stack; no variable is to be looked at then.

    Before 3.13 Python gives it each frame's variables in a dict and takes them back from there: what `variables`
    empties meanwhile would be gone for the program.
    """
    while frame is not None:
        if frame.f_trace is not None or frame.f_code.co_filename in _TRACERS:
            return True
        frame = frame.f_back
    return False


def fingerprint(values: dict[str, Any], code: CodeType | None = None) -> int | None:
    """One number for all arguments of a call, of which `code` tells what it reads of them; None where one is opaque."""
    left = [MOST_VALUES]
    parts = tuple(_of_argument(value, name, code, left) for name, value in values.items())
    return None if OPAQUE in parts else hash(parts)


def seen_in_full(values: dict[str, Any]) -> bool:
    """Whether they are numbers, texts, short lists of these and small arrays: a fingerprint leaves nothing out."""
    return all(_is_small(value) for value in values.values())


def _is_small(value: Any) -> bool:
    kind = type(value)
    if kind in (tuple, list, dict):
        return len(value) <= SAMPLED and all(type(each) in _PLAIN for each in value) and (kind is not dict or not value)
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return bool(value.nbytes <= WHOLE_BYTES)
    return kind in _PLAIN or kind is type


def _of_argument(value: Any, name: str, code: CodeType | None, left: list[int]) -> Any:
    read = attributes_read(code, name) if code is not None and _is_users_own(type(value)) else None
    if read is None:
        return _of(value, DEEPEST, left)
    state = state_read(value, read)
    return OPAQUE if state is None else _of_state(type(value), state, DEEPEST, left)


def _of(value: Any, depth: int, left: list[int]) -> Any:  # any object of the user's; something that can be hashed
    kind = type(value)
    left[0] -= 1
    if kind in _PLAIN:
        return kind, value if kind is not slice else str(value)
    if depth == 0 or left[0] < 0:
        return OPAQUE
    if kind in (tuple, list, set, frozenset):
        return _all((kind, len(value)), _spread(value), depth, left)
    if kind is dict:
        pairs = islice(value.items(), SAMPLED)
        return _all((kind, len(value)), (each for pair in pairs for each in pair), depth, left)
    if kind.__module__ in _FIXED or kind.__module__.startswith("pathlib."):
        return kind, hash(value)
    if kind is FunctionType and value.__closure__:
        return _of_closure(value, depth, left)
    if kind is CodeType or kind is type or kind.__name__ in ("function", "builtin_function_or_method", "module"):
        return kind, id(value)
    if _is_users_own(kind):
        return _of_state(kind, held_by(value), depth, left)
    if kind.__module__.startswith("networkx.classes."):
        return _all((kind, id(value), len(value._adj)), _of_graph(value), depth, left)
    if kind.__module__ == "xml.etree.ElementTree":
        return _of_tree(value, kind)
    return _of_array(value, kind)


def _of_closure(value: FunctionType, depth: int, left: list[int]) -> Any:
    """One that is made anew for each call may come to lie where the last one lay: by what it holds."""
    try:
        held = [each.cell_contents for each in value.__closure__ or ()]
    except ValueError:  # a variable that is bound later
        return OPAQUE
    return _all((FunctionType, id(value.__code__)), iter(held), depth, left)


def _of_state(kind: type, state: dict[str, Any], depth: int, left: list[int]) -> Any:
    return _all((kind, *state), iter(state.values()), depth, left)


def _spread(value: Any) -> Iterator[Any]:
    """Items from all over a list or tuple; of a set those that come first."""
    if isinstance(value, set | frozenset) or len(value) <= SAMPLED:
        return islice(value, SAMPLED)
    return iter([value[i * (len(value) - 1) // (SAMPLED - 1)] for i in range(SAMPLED)])


def _is_users_own(kind: type) -> bool:
    """Whether a class is written in Python, outside of libraries; not one that is a container or number itself."""
    if not kind.__flags__ & _HEAP_TYPE or kind.__module__.partition(".")[0] in sys.stdlib_module_names:
        return False
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    built_in = (int, float, str, bytes, list, dict, tuple, set, BaseException)
    return not any(each in file for each in _LIBRARIES) and not issubclass(kind, built_in) and not _is_module(kind)


def _is_module(kind: type) -> bool:
    """Of torch: its weights change in place."""
    torch: Any = sys.modules.get("torch")
    return hasattr(torch, "nn") and issubclass(kind, torch.nn.Module | torch.Tensor)


def _all(head: tuple[Any, ...], items: Iterator[Any], depth: int, left: list[int]) -> Any:
    parts = [_of(item, depth - 1, left) for item in items]
    return OPAQUE if OPAQUE in parts else (*head, *parts)


def _of_array(value: Any, kind: type) -> Any:
    """Arrays by identity, shape and their contents, of large ones a sample; tensors count their own changes."""
    package = kind.__module__.partition(".")[0]
    if package == "numpy" and hasattr(value, "dtype"):
        if value.ndim == 0:
            return kind, value.item()
        if value.dtype.hasobject:
            return OPAQUE
        return kind, id(value), value.shape, value.dtype.str, _contents(value)
    if package == "torch" and issubclass(kind, sys.modules["torch"].Tensor):
        return _of_tensor(value, kind)
    if package == "scipy" and kind.__module__.startswith("scipy.sparse") and hasattr(value, "data"):
        return kind, id(value), value.shape, _of_array(value.data, type(value.data))
    if package == "pandas" and kind.__name__ in ("DataFrame", "Series"):
        return _of_frame(value, kind)
    return OPAQUE


def _of_tensor(value: Any, kind: type) -> Any:
    """A parameter by the changes that it counts; another one by contents too, as what is freed leaves its identity to
    the next. Those of a GPU would have to be waited for."""
    changes = None if value.is_inference() else value._version
    identity = kind, id(value), tuple(value.shape), changes
    if kind is sys.modules["torch"].nn.Parameter:
        return identity
    try:
        return (*identity, _contents(value.detach().numpy()))
    except (RuntimeError, TypeError):  # not in this memory, or of a type that numpy has not
        return OPAQUE


def _of_graph(graph: Any) -> Iterator[Any]:
    """Some nodes of a networkx graph, and what some of their edges hold."""
    for node in _spread(list(graph._adj)) if len(graph._adj) < MOST_NODES else islice(graph._adj, SAMPLED):
        yield node
        yield from chain.from_iterable(islice(graph._adj[node].items(), EDGES))


def _of_tree(value: Any, kind: type) -> Any:
    """An XML element by identity and by what it and its first and last part say; what is deep below is left out."""
    if kind.__name__ not in ("Element", "ElementTree"):
        return OPAQUE
    root = value.getroot() if kind.__name__ == "ElementTree" else value
    said = [(each.tag, each.text, *islice(each.attrib.items(), EDGES)) for each in (root, *root[:1], *root[-1:])]
    return kind, id(value), id(root), len(root), *said


def _contents(array: Any) -> bytes:
    if not array.size:
        return b""
    if array.nbytes <= WHOLE_BYTES:
        return bytes(array.tobytes())
    step = max(1, array.size // SAMPLED_OF_ARRAY)
    return bytes(array.flat[::step][: SAMPLED_OF_ARRAY + 1])


def _of_frame(value: Any, kind: type) -> Any:
    """A frame by identity, shape and the contents of its first and last row."""
    if not len(value):
        return kind, id(value), value.shape
    rows = [value.iloc[0], value.iloc[-1]]
    return kind, id(value), value.shape, str(rows[0]), str(rows[1])
