"""Code that a kernel holds already, replaced by what a rewritten source makes of it."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from ds_notebook.profile.capture.places import Places

Names = dict[str, Any]  # a namespace


def replace_in_memory(place: str, before: str, after: str, namespace: Names) -> None:
    """Functions that came from `place` and differ between the two sources become those of `after`, wherever they are.

    What `after` brings along (imports, compiled functions) is defined where they look for it, else in `namespace`.
    """
    places = Places("<string>")
    functions = [each for each in _all_functions() if places.of(each.__code__.co_filename).name == place]
    theirs = functions[0].__globals__ if functions else namespace
    for statement in _changed(before, after):
        if isinstance(statement, ast.Import | ast.FunctionDef):
            old = theirs.get(getattr(statement, "name", ""))
            if not isinstance(old, FunctionType) or getattr(statement, "decorator_list", []):
                _define(statement, theirs)
                _rebind(old, theirs.get(getattr(statement, "name", "")), [theirs, namespace])
                continue
        _swap_codes(functions, statement)


def _all_functions() -> list[FunctionType]:
    return [each for each in gc.get_objects() if isinstance(each, FunctionType)]


def _changed(before: str, after: str) -> list[ast.stmt]:
    known = {ast.dump(statement) for statement in ast.parse(before).body}
    return [statement for statement in ast.parse(after).body if ast.dump(statement) not in known]


def _define(statement: ast.stmt, names: Names) -> None:
    exec(compile(ast.Module([statement], []), "<remedy>", "exec"), names)


def _rebind(old: object, new: object, namespaces: Sequence[Names]) -> None:
    """`from module import function` is a name of its own."""
    for names in namespaces:
        for name, value in list(names.items()):
            if old is not None and value is old:
                names[name] = new


def _swap_codes(functions: Sequence[FunctionType], statement: ast.stmt) -> None:
    """Each function in memory whose text is in `statement` gets its new code, the object stays."""
    codes = {code.co_qualname: code for code in _codes(compile(ast.Module([statement], []), "<remedy>", "exec"))}
    for function in functions:
        code = codes.get(function.__code__.co_qualname)
        if code is not None and code.co_freevars == function.__code__.co_freevars:
            function.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)
