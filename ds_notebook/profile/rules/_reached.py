"""Which of the user's functions and classes a program came to, as far as its text and its samples tell."""

from __future__ import annotations

import ast

import msgspec

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.rules._source import called, code

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Read(msgspec.Struct, frozen=True):
    """A name that code reads."""

    name: str
    place: str
    line: int
    unit: str
    """The function or class whose body reads it, by its full name; "" at the top level."""
    branches: tuple[tuple[int, int], ...] = ()
    """First and last lines of what may not have run around it: an `if`, an `except`."""
    is_attribute: bool = False


class Reached:
    """Names that are read by code which runs, or is not known not to."""

    def __init__(self, profile: Profile) -> None:
        self._lines: dict[str, set[int]] = {}
        self._sampled: set[tuple[str, str]] = set()
        for stack in profile.stacks:
            for frame in stack.frames:
                if frame.place in profile.sources:
                    self._lines.setdefault(frame.place, set()).add(frame.line)
                    self._sampled.add((frame.place, frame.function.replace(".<locals>", "")))
        self.reads: list[Read] = []
        self._units: dict[tuple[str, str], Definition] = {}
        for place in profile.sources:
            tree = code(profile, place)
            if tree:
                reader = _Reader(place)
                reader.visit(tree.tree)
                self.reads += reader.reads
                self._units |= reader.units
        self._live = self._closure()

    def uses(self, place: str, names: set[str]) -> list[Read]:
        """Where these names of a place are read: there, and elsewhere as an attribute or by an import from it."""
        return [each for each in self.reads if each.name in names and each.is_attribute == (each.place != place)]

    def runs(self, read: Read) -> bool:
        """Whether the code around a reading ran: sampled, or called by what ran, under no condition."""
        return (read.place, read.unit) in self._live and self._certain(read)

    def _certain(self, read: Read) -> bool:
        lines = self._lines.get(read.place, set())
        return all(any(first <= line <= last for line in lines) for first, last in read.branches)

    def _closure(self) -> set[tuple[str, str]]:
        live = {(place, "") for place in {each.place for each in self.reads}} | (self._sampled & self._units.keys())
        live |= {(place, unit.rpartition(".")[0]) for place, unit in live}
        while True:
            names = {each.name for each in self.reads if (each.place, each.unit) in live and self._certain(each)}
            grown = live | {key for key in self._units if self._named(key, names, live)}
            if grown == live:
                return live
            live = grown

    def _named(self, key: tuple[str, str], names: set[str], live: set[tuple[str, str]]) -> bool:
        """Of a method its class must be reached, too."""
        place, unit = key
        outer, _, last = unit.rpartition(".")
        special = isinstance(self._units.get((place, outer)), ast.ClassDef) and last.startswith("__")
        return (last in names or special) and (place, outer) in live


class _Reader(ast.NodeVisitor):
    """Collects what is read where; annotations and questions about types are no use of a name."""

    def __init__(self, place: str) -> None:
        self.reads: list[Read] = []
        self.units: dict[tuple[str, str], Definition] = {}
        self._place = place
        self._unit: list[str] = []
        self._branches: list[tuple[int, int]] = []

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._read(node.attr, node, is_attribute=True)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self._read(alias.name, node, is_attribute=True)

    def visit_Call(self, node: ast.Call) -> None:
        if called(node) in ("isinstance", "issubclass") and len(node.args) == 2:
            self.visit(node.args[0])
            return
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outside = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
        self._define(node, [*node.decorator_list, *outside, *node.body])

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._define(node, [*node.decorator_list, *node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._define(node, [*node.decorator_list, *node.bases, *node.keywords, *node.body])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._all([node.target, *([node.value] if node.value else [])])

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'":
            self._all(node.body)
            return
        self.visit(node.test)
        self._maybe(node.body)
        self._maybe(node.orelse)

    def visit_Try(self, node: ast.Try) -> None:
        self._all([*node.body, *node.finalbody])
        self._maybe(node.orelse)
        for handler in node.handlers:
            self._maybe(handler.body)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._maybe([node.body])
        self._maybe([node.orelse])

    def visit_Dict(self, node: ast.Dict) -> None:
        self._maybe([*filter(None, node.keys), *node.values])  # a table of what there is: which of it was taken?

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._maybe([node.body])

    def visit_match_case(self, node: ast.match_case) -> None:
        self._maybe(node.body)

    def _read(self, name: str, node: ast.expr | ast.stmt, *, is_attribute: bool = False) -> None:
        unit = ".".join(self._unit)
        self.reads.append(Read(name, self._place, node.lineno, unit, tuple(self._branches), is_attribute))

    def _define(self, node: Definition, parts: list[ast.AST]) -> None:
        self._unit.append(node.name)
        self.units[self._place, ".".join(self._unit)] = node
        branches, self._branches = self._branches, []
        self._all(parts)
        self._branches = branches
        self._unit.pop()

    def _maybe(self, parts: list[ast.AST] | list[ast.stmt] | list[ast.expr]) -> None:
        if parts:
            self._branches.append((_first(parts[0]), _last(parts[-1])))
            self._all(parts)
            self._branches.pop()

    def _all(self, parts: list[ast.AST] | list[ast.stmt] | list[ast.expr]) -> None:
        for part in parts:
            self.visit(part)


def _first(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _last(node: ast.AST) -> int:
    return getattr(node, "end_lineno", 0) or 0
