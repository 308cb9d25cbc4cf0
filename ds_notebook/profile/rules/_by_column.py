"""A row-wise pandas expression, written by column."""

from __future__ import annotations

import ast

_SIMPLE = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Constant, ast.Subscript, ast.Attribute, ast.Name, ast.operator)


def by_column(line: str) -> str:
    """`df.apply(lambda row: row["a"] * row["b"], axis=1)` without its lambda; a sketch where it is not that simple."""
    try:
        statement = ast.parse(line.strip()).body[0]
    except (SyntaxError, IndexError):
        return SKETCH
    for node in ast.walk(statement):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "apply"
            and node.args
        ):
            columns = _columns(node.args[0], node.func.value)
            if columns is not None:
                return ast.unparse(_Replaced(node, columns).visit(statement))
    return SKETCH


SKETCH = 'df["result"] = np.where(df["a"] > 0, df["a"] * df["b"], 0.0)  # whole columns at once'


def _columns(function: ast.expr, frame: ast.expr) -> ast.expr | None:
    if not isinstance(function, ast.Lambda) or len(function.args.args) != 1:
        return None
    parts = (ast.expr_context, ast.unaryop, ast.cmpop)
    if not all(isinstance(node, _SIMPLE + parts) for node in ast.walk(function.body)):
        return None
    return _Renamed(function.args.args[0].arg, frame).visit(function.body)  # type: ignore[no-any-return]


class _Renamed(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self.name, self.value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.value if node.id == self.name else node


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)
