"""Which names a piece of code reads and binds, and which its surroundings do."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

Scope: TypeAlias = ast.Module | ast.FunctionDef
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_OF_NUMBERS = {"range", "int", "float", "bool", "abs", "round", "pow", "divmod"}
_GROWS = {"append", "extend", "insert", "pop", "clear"}


class Names(NamedTuple):
    """Of one piece of code."""

    read: set[str]
    bound: set[str]
    called: set[str]
    changed: set[str]
    """Given another element: `name[i] = ...`."""
    grown: set[str]
    """By `name.append(...)` and the like."""
    owners: set[str]
    """Of an attribute: `np` in `np.sin`."""
    gone_through: set[str]
    """Indexed, iterated or handed to a function: what holds more than one number."""


def names_in(nodes: Iterable[ast.AST]) -> Names:
    """The names of `nodes` themselves; what a comprehension binds is its own."""
    names = Names(set(), set(), set(), set(), set(), set(), set())
    all_nodes = [node for top in nodes for node in ast.walk(top)]
    generators = [part for node in all_nodes if isinstance(node, _COMPREHENSIONS) for part in node.generators]
    own = [name for part in generators for name in ast.walk(part.target) if isinstance(name, ast.Name)]
    for node in all_nodes:
        if node not in own:
            _note(node, names)
    names.read.difference_update({name.id for name in own} - names.bound)
    return names


def _note(node: ast.AST, names: Names) -> None:
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            names.read.add(name)
        case ast.Name(id=name):
            names.bound.add(name)
        case ast.Attribute(value=ast.Name(id=name)):
            names.owners.add(name)
        case ast.AugAssign(target=ast.Name(id=name)):
            names.read.add(name)
        case ast.Call(func=function, args=arguments):
            _note_call(function, arguments, names)
        case ast.For(iter=values) | ast.comprehension(iter=values):
            names.gone_through.update(_plain([values]))
        case ast.Subscript(value=value, ctx=context):
            while isinstance(value, ast.Subscript):
                value = value.value
            names.gone_through.update(_plain([value]))
            if isinstance(context, ast.Store):
                names.changed.update(_plain([value]))


def _note_call(function: ast.expr, arguments: list[ast.expr], names: Names) -> None:
    if not (isinstance(function, ast.Name) and function.id in _OF_NUMBERS):
        names.gone_through.update(_plain(arguments))
    match function:
        case ast.Name(id=name):
            names.called.add(name)
        case ast.Attribute(value=ast.Name(id=name), attr=method) if method in _GROWS:
            names.grown.add(name)


def _plain(values: Iterable[ast.expr]) -> set[str]:
    return {value.id for value in values if isinstance(value, ast.Name)}


def statements_of(scope: Scope) -> list[ast.stmt]:
    """All statements that run in a scope itself, nested ones too, in the order of the source."""
    found: list[ast.stmt] = []
    waiting = list(scope.body)[::-1]
    while waiting:
        statement = waiting.pop()
        found.append(statement)
        if not isinstance(statement, _INNER):
            waiting += [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.stmt)][::-1]
    return found


def data_bound_before(scope: Scope, line: int) -> set[str]:
    """Names that hold data when a line of the scope is reached: parameters, and what was assigned above it."""
    found: set[str] = set()
    if isinstance(scope, ast.FunctionDef):
        arguments = scope.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        found |= {each.arg for each in every if each is not None}
    for statement in statements_of(scope):
        if statement.lineno < line and not isinstance(statement, (ast.Import, ast.ImportFrom, *_INNER)):
            found |= names_in(_own_parts(statement)).bound
    return found


def _own_parts(statement: ast.stmt) -> list[ast.AST]:
    """A statement without the statements in it."""
    return [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]


def read_after(scope: Scope, first: int, last: int) -> set[str]:
    """Names that the scope reads outside of the lines from `first` to `last`, where these come before."""
    found: set[str] = set()
    for statement in statements_of(scope):
        for part in _own_parts(statement) if not isinstance(statement, _INNER) else [statement]:
            found |= {
                node.id
                for node in ast.walk(part)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.lineno > last
            }
    return found
