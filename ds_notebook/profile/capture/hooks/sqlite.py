"""Statements of SQLite, by its own trace: of connections that are open, and of those that will be."""

from __future__ import annotations

import ast
import functools
import gc
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType
from typing import Any

from ds_notebook.profile.capture.hooks.patches import Patches
from ds_notebook.profile.capture.hooks.statements import Statements
from ds_notebook.profile.capture.scope import Scope


@contextmanager
def sqlite_statements(scope: Scope, statements: Statements) -> Iterator[None]:
    """SQLite tells when a statement begins and not how long it took: `seconds` stays 0."""
    with Patches() as patches:
        traced = _Traced(statements)
        scope.imports.when_loaded("sqlite3", lambda: traced.install(patches))
        try:
            yield
        finally:
            traced.remove()


class _Traced:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._has_set = self._is_over = False
        self._bulk: dict[tuple[int, int], tuple[CodeType, bool]] = {}

    def install(self, patches: Patches) -> None:
        import sqlite3

        connect = sqlite3.connect

        @functools.wraps(connect)
        def counted(*args: Any, **kwargs: Any) -> Any:  # as sqlite3.connect
            connection = connect(*args, **kwargs)
            if not self._is_over:  # whoever took `connect` by name meanwhile still has it
                connection.set_trace_callback(self._hear)
                self._has_set = True
            return connection

        patches.set(sqlite3, "connect", counted)
        patches.set(sqlite3.dbapi2, "connect", counted)
        for connection in _connections():
            if not _callbacks(connection):  # one of the user's own could not be put back: Python gives it to no one
                self._has_set |= _set(connection, self._hear)

    def remove(self) -> None:
        self._is_over = True
        for connection in _connections() if self._has_set else ():
            if any(isinstance(each, MethodType) and each.__self__ is self for each in _callbacks(connection)):
                _set(connection, None)

    def _hear(self, sql: str) -> None:
        if self._is_over:  # on a connection of another thread, which alone could take it back
            return
        frame = sys._getframe(1)
        if not self._statements.counted_above and not self._is_bulk(frame):
            self._statements.add(sql, frame, 0.0, "sqlite3")

    def _is_bulk(self, frame: FrameType) -> bool:
        """Whether the statement is one of many that `executemany` was given: it is heard of for each row."""
        key = (id(frame.f_code), frame.f_lasti)
        known = self._bulk.get(key)
        if known is None:
            known = self._bulk[key] = (frame.f_code, called_name(frame) == "executemany")
        return known[1]


def _connections() -> list[Any]:
    """Those that are open, of whatever class of the user's."""
    import sqlite3

    # Looked for, not kept: a reference to a connection would hold it open. An object refers to its class, and to
    # ask for those that do takes 20 ms where a look at every object of a kernel takes 100.
    kinds = [sqlite3.Connection, *sqlite3.Connection.__subclasses__()]
    return [each for each in gc.get_referrers(*kinds) if type(each) in kinds]


def _callbacks(connection: Any) -> list[Any]:
    """Functions that a connection calls; a trace, or an authorizer or the like."""
    kinds = (FunctionType, MethodType, BuiltinFunctionType, functools.partial)
    return [each for each in gc.get_referents(connection) if isinstance(each, kinds)]


def _set(connection: Any, hear: Any) -> bool:  # a callback, or None
    import sqlite3

    try:
        connection.set_trace_callback(hear)
    except sqlite3.ProgrammingError:  # closed, or of another thread
        return False
    return True


def called_name(frame: FrameType) -> str:
    """The name of the function that a frame is calling, by the source of its instruction; empty where unknown."""
    lines = linecache.getlines(frame.f_code.co_filename)
    positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    first, last, start, end = positions
    if not lines or None in positions or first is None or last is None or last > len(lines):
        return ""
    # columns count bytes of UTF-8
    text = [line.encode() for line in lines[first - 1 : last]]
    text[-1] = text[-1][:end]
    text[0] = text[0][start:]
    try:
        call = ast.parse(b"(" + b"".join(text) + b")", mode="eval").body
    except SyntaxError:
        return ""
    if isinstance(call, ast.Call):
        return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return ""
