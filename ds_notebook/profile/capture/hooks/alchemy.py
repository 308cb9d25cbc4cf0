"""Statements that SQLAlchemy sends, whatever the driver below it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from ds_notebook.profile.capture.hooks.statements import Statements
from ds_notebook.profile.capture.scope import Scope


@contextmanager
def alchemy_statements(scope: Scope, statements: Statements) -> Iterator[None]:
    """Counts and times by SQLAlchemy's own events; while one of its statements runs, the driver's hook is silent."""
    with ExitStack() as until_the_end:
        scope.imports.when_loaded("sqlalchemy", lambda: _listen(until_the_end, statements))
        yield


def _listen(until_the_end: ExitStack, statements: Statements) -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def before(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, executemany: bool) -> None:
        statements.counted_above = True
        context._ds_began_s = time.perf_counter()

    def after(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, executemany: bool) -> None:
        statements.counted_above = False
        if not executemany:
            statements.add(
                sql,
                sys._getframe(1),
                time.perf_counter() - context._ds_began_s,
                f"sqlalchemy, {context.dialect.driver}",
            )

    def failed(context: Any) -> None:
        statements.counted_above = False

    for name, hear in (("before_cursor_execute", before), ("after_cursor_execute", after), ("handle_error", failed)):
        event.listen(Engine, name, hear)
        until_the_end.callback(event.remove, Engine, name, hear)
