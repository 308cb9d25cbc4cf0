"""Whether a line that was seen to run crunches numbers, by itself or in what it calls and repeats.

Python answers a sampler only where a function begins and where a loop goes round: much of what a line takes is seen on
the head of its loop or on the `def` of its function. So these are judged by what they hold.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ds_notebook.profile.folded import Frame, Profile
from ds_notebook.profile.rules._numeric import NEUTRAL, NO, Verdict, verdict
from ds_notebook.profile.rules._source import Code, Comprehension, Function, called, code

MOSTLY = 0.7
"""Of the lines that say something, so many must crunch numbers."""
DEEPEST = 3
"""Calls of the user's functions that are followed."""
_KINDS = {"<listcomp>": ast.ListComp, "<setcomp>": ast.SetComp, "<dictcomp>": ast.DictComp} | {
    **{"<genexpr>": ast.GeneratorExp, "<lambda>": ast.Lambda}
}


def crunches(profile: Profile, frame: Frame) -> Verdict:
    """Of one of the user's lines, as it was running."""
    tree = code(profile, frame.place)
    return _Judged(profile, tree, frame.place).of_frame(frame) if tree else NO


def types_around(profile: Profile, place: str, function: str) -> dict[str, str]:
    """Types of all names that were noted in a function and in those around it, on whichever line."""
    found: dict[str, str] = {}
    for text, types in profile.observed.types.items():
        noted = Frame.parse(text)
        if noted.place == place and f"{function}.".startswith(f"{noted.function}."):
            found |= types
    return found


class _Judged:
    def __init__(self, profile: Profile, tree: Code, place: str) -> None:
        self.profile, self.tree, self.place = profile, tree, place
        self.own = tree.function_names

    def of_frame(self, frame: Frame) -> Verdict:
        types = types_around(self.profile, self.place, frame.function)
        types |= self.profile.observed.types.get(str(frame), {})
        inner = _inner(self.tree, frame)
        if inner is not None:
            return self._of_parts(inner, types, DEEPEST)
        statement = self.tree.statement(frame.line)
        if statement is None:
            return NO
        begins = self._begins(frame)
        if begins is not None:
            return self._of_statements(begins.body, types, DEEPEST)
        return self._of_statement(statement, types, DEEPEST)

    def _begins(self, frame: Frame) -> ast.FunctionDef | None:
        """The function of whose beginning the line is a part, if it is that: its `def`, or a decorator of it."""
        function = self.tree.function_named(frame.function.rpartition(".")[2])
        if not isinstance(function, ast.FunctionDef):
            return None
        first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
        return function if first <= frame.line < function.body[0].lineno else None

    def _of_statement(self, statement: ast.stmt, types: dict[str, str], depth: int) -> Verdict:
        if isinstance(statement, ast.For):
            head = verdict([statement.iter], types, self.own, steps=True)
            return head if head == NO else _all([head, self._of_statements(statement.body, types, depth)])
        if isinstance(statement, ast.While):
            body = self._of_statements(statement.body, types, depth)
            return _all([self._of_parts([statement.test], types, depth), body])
        if isinstance(statement, ast.If):
            return self._of_parts([statement.test], types, depth)
        if isinstance(statement, ast.With | ast.Try | ast.ClassDef | ast.FunctionDef):
            return NEUTRAL
        return self._of_parts([statement], types, depth)

    def _of_statements(self, statements: Iterable[ast.stmt], types: dict[str, str], depth: int) -> Verdict:
        return _all([self._of_statement(each, types, depth) for each in _simple(statements)])

    def _of_parts(self, parts: list[ast.AST], types: dict[str, str], depth: int) -> Verdict:
        """By the expressions themselves; what only calls functions of the user's is as these are."""
        own = verdict(parts, types, self.own)
        return _all([own, *self._of_callees(parts, depth)]) if own == NEUTRAL and depth else own

    def _of_callees(self, parts: list[ast.AST], depth: int) -> Iterator[Verdict]:
        calls = (node for part in parts for node in ast.walk(part) if isinstance(node, ast.Call))
        for name in {called(call).rpartition(".")[2] for call in calls} & self.own:
            function = self.tree.function_named(name)
            if function is not None:
                yield self._of_statements(function.body, self._types_of(name), depth - 1)

    def _types_of(self, name: str) -> dict[str, str]:
        texts = self.profile.observed.types
        functions = {Frame.parse(text).function for text in texts if Frame.parse(text).place == self.place}
        named = [each for each in functions if each.rpartition(".")[2] == name]
        return types_around(self.profile, self.place, named[0]) if named else {}


def _all(verdicts: list[Verdict]) -> Verdict:
    """Of several lines together; those that say nothing do not count."""
    saying = [each for each in verdicts if each != NEUTRAL]
    if not saying:
        return NEUTRAL
    numeric = [each for each in saying if each.numeric]
    if len(numeric) < MOSTLY * len(saying):
        return NO
    return Verdict(True, any(each.sure for each in numeric), any(each.arrays for each in numeric))


def _simple(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements and those in them, in turn; loops give their bodies alone."""
    for each in statements:
        if isinstance(each, ast.For | ast.While | ast.If | ast.With | ast.Try):
            if isinstance(each, ast.If):
                yield each
            yield from _simple([*each.body, *getattr(each, "orelse", [])])
        elif not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)):
            yield each


def _inner(tree: Code, frame: Frame) -> list[ast.AST] | None:
    """Of a comprehension's or a lambda's own frame what it computes each time; None for another function's."""
    parts = frame.function.split(".")
    kinds = [_KINDS[part] for part in parts if part in _KINDS]
    if parts[-1] not in _KINDS:
        return None
    on_line = [node for node in tree.nested(frame.line) if type(node[-1]) is kinds[-1]]
    alike = [node for node in on_line if [type(each) for each in node] == kinds[-len(node) :]]
    found = alike or on_line
    return _computed(found[0][-1]) if found else None


def _computed(node: Comprehension | Function) -> list[ast.AST]:
    if isinstance(node, ast.Lambda):
        return [node.body]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return list(node.body)
    results: list[ast.AST] = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return [*results, *(test for each in node.generators for test in each.ifs)]
