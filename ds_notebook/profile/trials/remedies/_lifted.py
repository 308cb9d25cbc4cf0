"""A numeric loop, lifted into a function of its own that numba compiles: the source is rewritten, line by line."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ds_notebook.profile.trials.remedies._loops import Loop, loop_at, top_level_line
from ds_notebook.profile.trials.remedies._names import (
    data_bound_before,
    names_in,
    read_after,
)
from ds_notebook.profile.trials.remedies._source import indentation
from ds_notebook.profile.trials.remedy import CannotTry

COMPILED = "compiled_loop"
_FORBIDDEN = (
    *(ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try, ast.Lambda, ast.Return),
    *(ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Delete, ast.Dict),
    *(ast.DictComp, ast.Set, ast.SetComp, ast.JoinedStr, ast.Starred, ast.NamedExpr),
)
_KNOWN_AS_THEY_ARE = ("int", "float", "bool", "complex", "ndarray", "numpy.", "list[tuple", "range", "tuple")


class Lifted(NamedTuple):
    """The new source, and its new part alone."""

    source: str
    fix: str


def lifted(source: str, line: int, types: Mapping[str, str]) -> Lifted:
    """`source` with the outermost loop around `line` in a compiled function; raises CannotTry where it cannot be.

    `types` says what names hold, as a profile's record has it: "list[float] 1000". Where the line has no loop around
    it in its function, the loop that calls that function is taken.
    """
    module = ast.parse(source)
    loop = loop_at(module, line)
    part = _Part(module, loop, types)
    lines = source.splitlines()
    top = top_level_line(module, loop)
    first, last = loop.lines
    indent = indentation(lines[first - 1])
    call = [indent + text for text in part.call()]
    helpers = part.helpers()
    new = [*lines[: top - 1], *helpers, *lines[top - 1 : first - 1], *call, *lines[last:]]
    text = "\n".join(new) + "\n"
    ast.parse(text)
    return Lifted(text, "\n".join([*helpers, *(each.strip() for each in part.call())]))


class _Part:
    """The lifted function, and the call in its place."""

    def __init__(self, module: ast.Module, loop: Loop, types: Mapping[str, str]) -> None:
        self._module = module
        self._types = types
        self._functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        statements = [_Attributes().visit(_Lists().visit(copy.deepcopy(each))) for each in loop.statements]
        _refuse_forbidden(statements)
        self._statements: list[ast.stmt] = statements
        self._names = names_in(statements)
        self._attributes = _attributes_of(loop.statements)
        first, last = loop.lines
        before = data_bound_before(loop.scope, first)
        self._inputs = sorted(self._from_outside(before) | self._attributes.keys())
        kept = read_after(loop.scope, first, last)
        if loop.scope is module:  # the names of a program are its results
            kept |= before | names_in(each for each in statements if not isinstance(each, ast.For | ast.While)).bound
        self._outputs = sorted(self._names.bound & kept)
        if left := sorted(self._names.grown & set(self._inputs)):
            raise CannotTry(f"its loop changes the length of a list made elsewhere ({left[0]})")

    def _from_outside(self, before: set[str]) -> set[str]:
        """Names whose values the loop needs; functions and modules it finds by itself."""
        names = self._names
        code = (names.called | names.owners | set(dir(builtins)) | self._functions.keys()) - before
        return (names.read - names.bound - code) | (names.read & names.bound & before)

    def call(self) -> list[str]:
        """The lines in place of the loop."""
        arguments, afterwards, beforehand = [], [], []
        for name in self._inputs:
            written = self._attributes.get(name, name)
            if not self._is_converted(name):
                arguments.append(written)
            elif name in self._names.changed:
                beforehand.append(f"{name}_array = {_ARRAY}({written})")
                afterwards += [f"if isinstance({written}, list):", f"    {written}[:] = {name}_array.tolist()"]
                arguments.append(f"{name}_array")
            else:
                arguments.append(f"{_ARRAY}({written})")
        outputs = f"{', '.join(self._outputs)} = " if self._outputs else ""
        return [*beforehand, f"{outputs}{COMPILED}({', '.join(arguments)})", *afterwards]

    def _is_converted(self, name: str) -> bool:
        known = self._types.get(name, "")
        return name in self._names.gone_through and not known.startswith(_KNOWN_AS_THEY_ARE)

    def helpers(self) -> list[str]:
        """The compiled functions, to stand at the top level above the loop."""
        lines = ["import numba", "import numpy", "", ""]
        if any(map(self._is_converted, self._inputs)):
            lines += [*_AS_ARRAY.splitlines(), "", ""]
        called = self._called()
        for name in called:
            lines += [*_compiled(self._functions[name], called), "", ""]
        returned: list[ast.stmt] = [ast.parse(f"return {', '.join(self._outputs)}").body[0]] if self._outputs else []
        whole = ast.parse(f"def {COMPILED}({', '.join(self._inputs)}): pass").body[0]
        assert isinstance(whole, ast.FunctionDef)
        whole.body = [*self._statements, *returned]
        return [*lines, *_compiled(whole, called), "", ""]

    def _called(self) -> list[str]:
        """The program's own functions that the loop calls, and those that these call."""
        found: list[str] = []
        waiting = sorted(self._names.called)
        while waiting:
            name = waiting.pop()
            if name in self._functions and name not in found:
                found.append(name)
                waiting += sorted(names_in(self._functions[name].body).called)
        return found


_ARRAY = "as_array"
_AS_ARRAY = f"""\
def {_ARRAY}(values):
    numbers = isinstance(values, list) and not (values and isinstance(values[0], tuple))
    return numpy.asarray(values) if numbers else values"""


def _compiled(function: ast.FunctionDef, called: Sequence[str]) -> list[str]:
    new = _Renamed(called).visit(copy.deepcopy(function))
    new.name = function.name if function.name == COMPILED else f"compiled_{function.name}"
    new.decorator_list = [ast.parse("numba.njit", mode="eval").body]
    new.returns = None
    for argument in ast.walk(new.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    return ast.unparse(ast.fix_missing_locations(new)).splitlines()


class _Renamed(ast.NodeTransformer):
    def __init__(self, called: Sequence[str]) -> None:
        self._called = called

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(f"compiled_{node.id}", node.ctx) if node.id in self._called else node


class _Lists(ast.NodeTransformer):
    """numba has list comprehensions and no generators."""

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        self.generic_visit(node)
        return ast.ListComp(node.elt, node.generators)


class _Attributes(ast.NodeTransformer):
    """`self.weights` becomes a name that is handed over."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            if not isinstance(node.ctx, ast.Load):
                raise CannotTry(f"its loop sets self.{node.attr}")
            return ast.Name(f"self_{node.attr}", ast.Load())
        return self.generic_visit(node)


def _attributes_of(statements: Sequence[ast.stmt]) -> dict[str, str]:
    return {
        f"self_{node.attr}": f"self.{node.attr}"
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


def _refuse_forbidden(statements: Sequence[ast.stmt]) -> None:
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, _FORBIDDEN):
                raise CannotTry(f"its loop holds a {type(node).__name__.lower()}, which does not compile")
