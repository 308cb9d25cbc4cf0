"""Statements of SQLite, by its own trace: of connections that are open, and of those that will be."""

from __future__ import annotations

import ast
import functools
import gc
import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import CodeType, FrameType
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
        self._has_set = False
        self._bulk: dict[tuple[int, int], tuple[CodeType, bool]] = {}

    def install(self, patches: Patches) -> None:
        import sqlite3

        connect = sqlite3.connect

        @functools.wraps(connect)
        def counted(*args: Any, **kwargs: Any) -> Any:  # as sqlite3.connect
            connection = connect(*args, **kwargs)
            connection.set_trace_callback(self._hear)
            self._has_set = True
            return connection

        patches.set(sqlite3, "connect", counted)
        patches.set(sqlite3.dbapi2, "connect", counted)
        self._set_on_open_ones(self._hear)

    def remove(self) -> None:
        if self._has_set:
            self._set_on_open_ones(None)

    def _set_on_open_ones(self, hear: Any) -> None:  # a callback, or None
        import sqlite3

        # Looked for, not kept: a reference to a connection would hold it open. An object refers to its class, and to
        # ask for those that do takes 20 ms where a look at every object of a kernel takes 100.
        kinds = [sqlite3.Connection, *sqlite3.Connection.__subclasses__()]
        for connection in [each for each in gc.get_referrers(*kinds) if type(each) in kinds]:
            with suppress(sqlite3.ProgrammingError):  # closed, or of another thread
                connection.set_trace_callback(hear)
                self._has_set = True

    def _hear(self, sql: str) -> None:
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
