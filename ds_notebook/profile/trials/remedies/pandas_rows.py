"""pandas-rows: plain arithmetic on a row becomes arithmetic on columns; other functions of a row get it as a dict."""

from __future__ import annotations

import ast
import copy

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedies._names import names_in
from ds_notebook.profile.trials.remedies._source import imports_go, source_of, statement_at, with_lines
from ds_notebook.profile.trials.remedy import CannotTry, Remedy, Rewriting

_ARITHMETIC = (
    *(ast.BinOp, ast.UnaryOp, ast.Constant, ast.Subscript, ast.Attribute, ast.Name, ast.operator, ast.unaryop),
    *(ast.expr_context, ast.Compare, ast.cmpop),
)


class ByColumn(Remedy):
    """`apply(axis=1)` and `iterrows`, rewritten where the finding is."""

    code = "pandas-rows"

    def words(self, found: Found) -> str:
        return "Columns instead of rows"

    def rewritten(self, found: Found, profile: Profile) -> Rewriting:
        source = source_of(found, profile)
        statement = statement_at(ast.parse(source), found.at.line)
        rows = _Rows(ast.parse(source))
        if isinstance(statement, ast.For) and _asks_for_fields(statement):
            raise CannotTry("it reads a row's fields as attributes, which a dict has not")
        new = rows.visit(copy.deepcopy(statement))
        if not rows.found:
            raise CannotTry("its rows are not taken by apply(axis=1) or iterrows()")
        last = statement.body[0].lineno - 1 if isinstance(statement, ast.For) else statement.end_lineno or 0
        lines = ast.unparse(ast.fix_missing_locations(new)).splitlines()
        if isinstance(statement, ast.For):
            lines = lines[:1]
        source = with_lines(source, statement.lineno, last, lines)
        if rows.needs_pandas:
            top = imports_go(source)
            source = with_lines(source, top, top - 1, ["import pandas"])
        own = names_in([statement.target]).bound if isinstance(statement, ast.For) else set()
        return Rewriting(found.at.place, source, "\n".join(lines), frozenset(own))


class _Rows(ast.NodeTransformer):
    def __init__(self, module: ast.Module) -> None:
        self._functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        self.found = False
        self.needs_pandas = False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(func=ast.Attribute(value=frame, attr="apply"), args=[function, *_]) if _by_row(node):
                self.found = True
                return self._applied(frame, function)
            case ast.Call(func=ast.Attribute(value=ast.Name() as frame, attr="iterrows"), args=[]):
                self.found = True
                name = frame.id
                return ast.parse(f'zip({name}.index, {name}.to_dict("records"))', mode="eval").body
        return self.generic_visit(node)

    def _applied(self, frame: ast.expr, function: ast.expr) -> ast.expr:
        body = self._arithmetic_of(function)
        if body is not None:
            argument, expression = body
            by_column: ast.expr = _Renamed(argument, frame).visit(copy.deepcopy(expression))
            return by_column
        if not isinstance(frame, ast.Name):
            raise CannotTry("its frame has no name")
        name, called = frame.id, ast.unparse(function)
        text = f'pandas.Series([({called})(row) for row in {name}.to_dict("records")], index={name}.index)'
        self.needs_pandas = True
        return ast.parse(text, mode="eval").body

    def _arithmetic_of(self, function: ast.expr) -> tuple[str, ast.expr] | None:
        """The row's name and the expression, if the function is nothing else."""
        match function:
            case ast.Lambda(args=ast.arguments(args=[row]), body=expression):
                return (row.arg, expression) if _is_arithmetic(expression) else None
            case ast.Name(id=name) if name in self._functions:
                match self._functions[name]:
                    case ast.FunctionDef(
                        args=ast.arguments(args=[row]), body=[ast.Return(value=ast.expr() as returned)]
                    ):
                        return (row.arg, returned) if _is_arithmetic(returned) else None
        return None


def _asks_for_fields(loop: ast.For) -> bool:
    """Whether the row of `for index, row in frame.iterrows()` is more than subscripted."""
    match loop.target:
        case ast.Tuple(elts=[_, ast.Name(id=row)]):
            fields = [node for part in loop.body for node in ast.walk(part) if isinstance(node, ast.Attribute)]
            return any(isinstance(node.value, ast.Name) and node.value.id == row for node in fields)
    return False


def _by_row(call: ast.Call) -> bool:
    return any(
        each.arg == "axis" and isinstance(each.value, ast.Constant) and each.value.value in (1, "columns")
        for each in call.keywords
    ) and all(each.arg == "axis" for each in call.keywords)


def _is_arithmetic(expression: ast.expr) -> bool:
    return all(isinstance(node, _ARITHMETIC) for node in ast.walk(expression)) and not isinstance(
        expression, ast.Constant
    )


class _Renamed(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self._name = name
        self._value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value if node.id == self._name else node


REMEDY = ByColumn()
