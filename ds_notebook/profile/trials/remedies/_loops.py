"""Which loop of a source a finding is about, and the statements above it that belong to it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from ds_notebook.profile.trials.remedies._names import Names, Scope, names_in, statements_of
from ds_notebook.profile.trials.remedies._source import first_line
from ds_notebook.profile.trials.remedy import CannotTry


class Loop(NamedTuple):
    """What is lifted: a statement, with those right above it that make what it fills."""

    scope: Scope
    block: list[ast.stmt]
    first: int
    """In the block."""
    last: int

    @property
    def statements(self) -> list[ast.stmt]:
        return self.block[self.first : self.last + 1]

    @property
    def lines(self) -> tuple[int, int]:
        return self.block[self.first].lineno, self.block[self.last].end_lineno or 0


def loop_at(module: ast.Module, line: int) -> Loop:
    """The outermost loop around a line in its function, else the one that calls that function; raises CannotTry."""
    scope = _scope(module, line)
    loop = _outermost(scope, line)
    if loop is None and isinstance(scope, ast.FunctionDef):
        loop = _calling(module, scope.name)
    if loop is None:
        raise CannotTry("no loop around the line can be taken out of its function")
    return _with_what_it_fills(loop)


def _scope(module: ast.Module, line: int) -> Scope:
    around = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= (node.end_lineno or 0)
    ]
    return min(around, key=lambda node: (node.end_lineno or 0) - node.lineno, default=module)


def _outermost(scope: Scope, line: int) -> Loop | None:
    for statement in statements_of(scope):
        around = statement.lineno <= line <= (statement.end_lineno or 0)
        if around and (isinstance(statement, ast.For | ast.While) or _has_comprehension(statement)):
            return _in_block(scope, statement)
    return None


def _has_comprehension(statement: ast.stmt) -> bool:
    simple = isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign)
    return simple and any(isinstance(node, ast.ListComp | ast.GeneratorExp) for node in ast.walk(statement))


def _calling(module: ast.Module, name: str) -> Loop | None:
    scopes: list[Scope] = [module, *(node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))]
    for scope in scopes:
        for statement in statements_of(scope):
            loops = isinstance(statement, ast.For | ast.While) or _has_comprehension(statement)
            if loops and name in names_in([statement]).called:
                return _in_block(scope, statement)
    return None


def _in_block(scope: Scope, statement: ast.stmt) -> Loop:
    for owner in [scope, *statements_of(scope)]:
        for block in (getattr(owner, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(block, list) and statement in block:
                place = block.index(statement)
                return Loop(scope, block, place, place)
    raise AssertionError("a statement lies in a block")


def _with_what_it_fills(loop: Loop) -> Loop:
    """An empty list, or a number, that is made right above belongs to the loop: its type follows from it."""
    names = names_in(loop.statements)
    first = loop.first
    while first > 0 and _is_a_beginning(loop.block[first - 1], names):
        first -= 1
    return loop._replace(first=first)


def _is_a_beginning(statement: ast.stmt, names: Names) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])):
            return name in names.grown
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name in names.bound | names.changed and _is_constant(value)
    return False


def _is_constant(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=int() | float()) | ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return True
        case ast.BinOp(left=ast.List(elts=[item]), op=ast.Mult(), right=ast.Constant() | ast.Name()):
            return _is_constant(item)
    return False


def top_level_line(module: ast.Module, loop: Loop) -> int:
    """Where the statement of the module begins that the loop lies in."""
    first, last = loop.lines
    for statement in module.body:
        if statement.lineno <= first and last <= (statement.end_lineno or 0):
            return first_line(statement)
    return first  # several statements at the top level
