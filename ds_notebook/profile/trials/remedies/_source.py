"""Small changes of a source that leave every other line as it is."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ds_notebook.profile.folded import Profile
from ds_notebook.profile.found import Found
from ds_notebook.profile.trials.remedy import CannotTry


def source_of(found: Found, profile: Profile, place: str = "") -> str:
    """The source in which a finding lies, or that of `place`; raises CannotTry where it is not at hand."""
    lines = profile.sources.get(place or found.at.place)
    if not lines:
        raise CannotTry("its source is not at hand")
    source = "\n".join(lines) + "\n"
    try:
        ast.parse(source)
    except SyntaxError:  # a cell with magics in it
        raise CannotTry("its source is not plain Python") from None
    return source


def statement_at(tree: ast.Module, line: int) -> ast.stmt:
    """The innermost statement on a line; raises CannotTry where there is none."""
    around = [
        node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not around:
        raise CannotTry("its line is not in the source any more")
    return min(around, key=lambda node: (node.end_lineno or 0) - node.lineno)


def with_lines(source: str, first: int, last: int, new: Sequence[str]) -> str:
    """`source` with the lines from `first` to `last` replaced, at the indentation of `first`.

    With `last` one below `first` they are put in above it.
    """
    lines = source.splitlines()
    indent = indentation(lines[first - 1])
    return "\n".join([*lines[: first - 1], *(indent + line for line in new), *lines[last:]]) + "\n"


def indentation(line: str) -> str:
    """The white space at a line's beginning."""
    return line[: len(line) - len(line.lstrip())]


def first_line(statement: ast.stmt) -> int:
    """Where a statement begins, its decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


def imports_go(source: str) -> int:
    """The line above which another import may stand: below the docstring and `from __future__`."""
    for statement in ast.parse(source).body:
        is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not (is_docstring or is_future):
            return first_line(statement)
    return 1
