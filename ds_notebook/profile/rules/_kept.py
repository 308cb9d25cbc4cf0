"""A line in a loop whose results are kept by a container that nothing reads or empties."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.rules._kept_hidden import Kept, cached, differentiated, summed
from ds_notebook.profile.rules._seconds import by, critical, share_within
from ds_notebook.profile.rules._source import Code, called, code, dotted, keyword

Binding: TypeAlias = ast.Assign | ast.AnnAssign

_PUTS = {"append", "add", "extend", "appendleft", "setdefault", "update", "insert"}
STAYS = 0.5
"""Of the time a function runs, or what it keeps in its own variables cannot be what grows to the end."""
DEEPEST = 4
"""Calls from a loop down to what puts."""
_TAKES = {"pop", "popleft", "clear", "popitem", "remove", "discard"}


class Put(NamedTuple):
    """A line that puts a value into a container which outlives the loop around it."""

    container: str
    line: int
    value: ast.expr | None
    key: ast.expr | None = None


def kept(profile: Profile) -> Kept | None:
    """The put that most of the time passes by; None where all that is kept is used."""
    return _put(profile) or summed(profile) or cached(profile)


def _put(profile: Profile) -> Kept | None:
    for place in _busy_places(profile):
        tree = code(profile, place)
        for put in puts(tree) if tree else ():
            if tree is None or not runs_often(tree, put.line) or _is_soon_gone(profile, place, tree, put):
                continue
            function = tree.function(put.line)
            at = Frame(getattr(function, "name", "<module>"), place, put.line)
            if _keeps_graph(tree, put):
                value = ast.unparse(put.value) if put.value else "loss"
                return Kept(
                    at,
                    "Keep the number, not the tensor with all that it was computed from.",
                    f"{put.container}.append({value}.item())",
                )
            if _is_output(profile, tree, at, put):
                return Kept(
                    at,
                    "Call the model under torch.inference_mode(), or keep what it gives without its graph.",
                    f"{put.container}.append({ast.unparse(put.value) if put.value else 'output'}.detach())",
                )
            if not _read(tree, put) and not emptied(tree, put):
                return Kept(
                    at,
                    f"Nothing empties {put.container}: keep what is needed, or bound it.",
                    f"{put.container} = collections.deque(maxlen=1000)",
                )
    return None


def _is_soon_gone(profile: Profile, place: str, tree: Code, put: Put) -> bool:
    """What a function that is called now and then keeps for itself, it lets go of when it returns."""
    function = tree.function(put.line)
    if function is None or "." in put.container or put.container in _not_its_own(function):
        return False
    return share_within(profile, place, range(function.lineno, (function.end_lineno or 0) + 1)) < STAYS


def _not_its_own(function: ast.AST) -> set[str]:
    declared = [node for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal)]
    local = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    return {name for node in declared for name in node.names} | (used - local)


def _busy_places(profile: Profile) -> list[str]:
    return list(
        dict.fromkeys(
            frame.place for frame in by(critical(profile), lambda stack: next(profile.users(stack.frames), None))
        )
    )


def runs_often(tree: Code, line: int) -> bool:
    """In a loop, or in a function that one calls, also through others; who puts is seldom sampled on that line."""
    met, lines = {line}, {line}
    for _ in range(DEEPEST + 1):
        if any(tree.loops(each) for each in lines):
            return True
        callers = [_calls_around(tree, each) for each in lines]
        if None in callers:
            return True
        lines = {each for found in callers for each in found or ()} - met
        met |= lines
    return False


def _calls_around(tree: Code, line: int) -> list[int] | None:
    """Lines that call the function around a line; None where a library does, as its class is one that it knows."""
    name = getattr(tree.function(line), "name", None)
    owner = tree.owner(line)
    if name is None:
        return []
    calls = tree.calls_of(owner.name if name == "__init__" and owner else name)
    if not calls and owner is not None and owner.bases:
        return None
    return [call.lineno for call in calls]


@lru_cache(maxsize=64)
def puts(tree: Code) -> list[Put]:
    """Those into lists, dicts and sets without a bound."""
    found = []
    for node in ast.walk(tree.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PUTS:
            container = dotted(node.func.value)
            if container and not container.startswith("."):
                found.append(Put(container, node.lineno, node.args[-1] if node.args else None))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and dotted(target.value).strip("."):
                    found.append(Put(dotted(target.value), node.lineno, node.value, target.slice))
    return [put for put in (_by_its_first_name(tree, each) for each in found) if _outlives_its_loop(tree, put)]


def _by_its_first_name(tree: Code, put: Put) -> Put:
    """`self.seen` for `seen`, where a function says `seen = self.seen` to be quicker."""
    function = tree.function(put.line)
    makers = [node for node in _makers(tree, put.container) if tree.function(node.lineno) is function]
    other = dotted(makers[0].value) if len(makers) == 1 and makers[0].value is not None else ""
    return put._replace(container=other) if other.strip(".") else put


def _outlives_its_loop(tree: Code, put: Put) -> bool:
    """Not made anew in the function that it is put into, unless the loop is in there, too."""
    made = [node.lineno for node in _makers(tree, put.container)]
    around = tree.loops(put.line)
    function = tree.function(put.line)
    inside = range(around[0].first, around[0].last + 1) if around else range(0)
    if not around and function is not None:
        inside = range(function.lineno, (function.end_lineno or 0) + 1)
    return bool(made) and not any(line in inside for line in made) and not _bounded(tree, put.container)


def _makers(tree: Code, container: str) -> list[Binding]:
    """Where a container is made, `Class.history` and `self.history` in the body of a class too."""
    anywhere, in_classes = _bindings(tree)
    owner, _, name = container.rpartition(".")
    in_class = in_classes.get(name, []) if owner and "." not in owner else []
    return [*anywhere.get(container, []), *in_class]


@lru_cache(maxsize=64)
def _bindings(tree: Code) -> tuple[dict[str, list[Binding]], dict[str, list[Binding]]]:
    """All assignments by the name that they bind, and those in the bodies of classes."""
    nodes = list(ast.walk(tree.tree))
    bodies = [each for node in nodes if isinstance(node, ast.ClassDef) for each in node.body]
    return _by_name(nodes), _by_name(bodies)


def _by_name(nodes: Iterable[ast.AST]) -> dict[str, list[Binding]]:
    found: dict[str, list[Binding]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                found.setdefault(dotted(target), []).append(node)
    return found


def _bounded(tree: Code, container: str) -> bool:
    makers = [_made(node.value) for node in _makers(tree, container)]
    return any(
        isinstance(value, ast.Call) and (keyword(value, "maxlen") is not None or not _makes_container(called(value)))
        for value in makers
    )


def _made(value: ast.expr | None) -> ast.expr | None:
    """What a field of a dataclass begins with, as if it were written out."""
    if not isinstance(value, ast.Call) or called(value).rpartition(".")[2] != "field":
        return value
    factory = keyword(value, "default_factory")
    if isinstance(factory, ast.Lambda):
        return factory.body
    return ast.List([], ast.Load()) if factory is not None and _makes_container(dotted(factory)) else value


def _makes_container(name: str) -> bool:
    return name.rpartition(".")[2] in ("list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter")


def _keeps_graph(tree: Code, put: Put) -> bool:
    """A bare name is kept of which `backward` is called: the graph of its computation stays with it."""
    return isinstance(put.value, ast.Name) and put.value.id in differentiated(tree)


def _is_output(profile: Profile, tree: Code, at: Frame, put: Put) -> bool:
    """What a model gives, kept as it is, in a file that never switches gradients off."""
    if not isinstance(put.value, ast.Call) or _switches_gradients_off(tree):
        return False
    seen = [types for text, types in profile.observed.types.items() if Frame.parse(text)[1:] == at[1:]]
    kinds = {types.get(called(put.value)) for types in seen}
    return any(model.name in kinds and model.trained_calls for model in profile.observed.models)


def _switches_gradients_off(tree: Code) -> bool:
    names = {getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(tree.tree)}
    return not names.isdisjoint(("no_grad", "inference_mode", "set_grad_enabled"))


def _read(tree: Code, put: Put) -> bool:
    """Used elsewhere than for putting in, for its length, and for looking up whether a thing is in."""
    harmless: set[int] = set()
    for node in ast.walk(tree.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and (
                node.func.attr in _PUTS | {"keys"} or (node.func.attr == "get" and _asks_for(put, node))
            ):
                harmless.add(id(node.func.value))
            # How many there are by now is no use of them, if who asks has not gathered them itself.
            if called(node) == "len" and tree.function(put.line) is not None:
                harmless |= {id(argument) for argument in node.args}
        elif isinstance(node, ast.Subscript) and _same_function(tree, node.lineno, put.line):
            harmless.add(id(node.value))
        elif isinstance(node, ast.Compare):
            harmless |= {id(each) for each in node.comparators}
    reads = [
        node
        for node in ast.walk(tree.tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
    ]
    return any(_may_be(node, put.container) and id(node) not in harmless for node in reads)


def _asks_for(put: Put, get: ast.Call) -> bool:
    """Whether that is what is about to be put in: a look-up under another key is a use of what was gathered."""
    return put.key is None or not get.args or ast.dump(get.args[0]) == ast.dump(put.key)


def _may_be(node: ast.expr, container: str) -> bool:
    """What `self.notes` holds, others read as `notebook.notes`."""
    name = dotted(node)
    owner, _, attribute = container.rpartition(".")
    return name == container or (owner == "self" and bool(attribute) and name.endswith(f".{attribute}"))


def _same_function(tree: Code, line: int, other: int) -> bool:
    return tree.function(line) is tree.function(other) and tree.function(line) is not None


def emptied(tree: Code, put: Put) -> bool:
    """Whether something takes a thing out of the container again."""
    calls = [call.func for call in tree.all_calls() if isinstance(call.func, ast.Attribute)]
    taken = any(function.attr in _TAKES and dotted(function.value) == put.container for function in calls)
    deleted = [target for node in ast.walk(tree.tree) if isinstance(node, ast.Delete) for target in node.targets]
    return taken or any(isinstance(each, ast.Subscript) and dotted(each.value) == put.container for each in deleted)
