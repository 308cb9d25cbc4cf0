"""recompute: a function keeps its results, or what does not change is computed above the loop."""

from __future__ import annotations

import ast

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedies._source import imports_go, source_of, statement_at, with_lines
from ds_notebook.profile.trials.remedy import CannotTry, Remedy, Rewriting

HOISTED = "computed_once"


class Kept(Remedy):
    """`functools.cache` on the function in the finding's facts; without one, the expression in its fix moves up."""

    code = "recompute"

    def words(self, found: Found) -> str:
        return "Results kept" if "function" in found.facts else "Computed once"

    def rewritten(self, found: Found, profile: Profile) -> Rewriting:
        if "function" in found.facts:
            return _cached(Frame.parse(str(found.facts["function"])), found, profile)
        return _hoisted(found, source_of(found, profile))


def _cached(definition: Frame, found: Found, profile: Profile) -> Rewriting:
    if definition.place not in profile.sources:
        raise CannotTry("it is a library's function: keep its result where it is called")
    source = source_of(found, profile, definition.place)
    name = definition.function.rpartition(".")[2]
    named = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef) and each.name == name]
    if len(named) != 1:
        raise CannotTry(f"there is more than one function {name}")
    first = named[0].lineno  # below its decorators: what `property` makes is no function
    head = source.splitlines()[first - 1].strip()
    source = with_lines(source, first, first - 1, ["@functools.cache"])
    top = imports_go(source)
    return Rewriting(
        definition.place,
        with_lines(source, top, top - 1, ["import functools"]),
        f"import functools\n\n\n@functools.cache\n{head}",
    )


def _hoisted(found: Found, source: str) -> Rewriting:
    wanted = _expression(found.fix)
    tree = ast.parse(source)
    loop = _innermost_loop(tree, found.at.line)
    replaced = _Replaced(wanted)
    new = ast.unparse(ast.fix_missing_locations(replaced.visit(loop))).splitlines()
    if not replaced.times:
        raise CannotTry("the expression is not on its line any more")
    lines = [f"{HOISTED} = {ast.unparse(wanted)}", *new]
    return Rewriting(
        found.at.place, with_lines(source, loop.lineno, loop.end_lineno or loop.lineno, lines), "\n".join(lines)
    )


def _expression(fix: str) -> ast.expr:
    try:
        statement = ast.parse(fix).body[0]
    except (SyntaxError, IndexError):
        statement = ast.Pass()
    if not isinstance(statement, ast.Assign):
        raise CannotTry("what to compute once has to be found by hand")
    return statement.value


def _innermost_loop(tree: ast.Module, line: int) -> ast.stmt:
    loops = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.For | ast.While) and node.lineno < line <= (node.end_lineno or 0)
    ]
    return min(loops, key=lambda node: (node.end_lineno or 0) - node.lineno, default=None) or statement_at(tree, line)


class _Replaced(ast.NodeTransformer):
    def __init__(self, wanted: ast.expr) -> None:
        self._wanted = ast.dump(wanted)
        self.times = 0

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.dump(node) == self._wanted:
            self.times += 1
            return ast.Name(HOISTED, ast.Load())
        visited: ast.AST = super().visit(node)
        return visited


REMEDY = Kept()
