"""Statements of database drivers whose cursors are Python classes."""

from __future__ import annotations

import functools
import inspect
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ds_notebook.profile.capture.hooks.patches import Patches
from ds_notebook.profile.capture.hooks.statements import Statements
from ds_notebook.profile.capture.scope import Scope


class Driver(NamedTuple):
    """Where a driver has its cursor: `execute` is the method that sends one statement."""

    module: str
    cursor: str
    execute: str = "execute"


DRIVERS = (
    Driver("psycopg.cursor", "Cursor"),
    Driver("psycopg.cursor_async", "AsyncCursor"),
    Driver("psycopg._server_cursor", "ServerCursor"),
    Driver("pymysql.cursors", "Cursor"),
    Driver("MySQLdb.cursors", "BaseCursor"),
    Driver("mysql.connector.cursor", "MySQLCursor"),
    Driver("mysql.connector.cursor_cext", "CMySQLCursor"),
    Driver("pg8000.legacy", "Cursor"),
    Driver("pg8000.dbapi", "Cursor"),
    Driver("pg8000.native", "Connection", "run"),
    Driver("aiomysql.cursors", "Cursor"),
    Driver("snowflake.connector.cursor", "SnowflakeCursor"),
    Driver("trino.dbapi", "Cursor"),
)


@contextmanager
def driver_statements(scope: Scope, statements: Statements) -> Iterator[None]:
    """Counts and times what each known driver sends; a driver that is imported later is met then."""
    with Patches() as patches:
        for driver in DRIVERS:
            scope.imports.when_loaded(driver.module, functools.partial(_install, driver, patches, statements))
        yield


def _install(driver: Driver, patches: Patches, statements: Statements) -> None:
    cursor = getattr(sys.modules[driver.module], driver.cursor, None)
    execute = getattr(cursor, driver.execute, None)
    if execute is None:  # another version of the driver
        return
    name = driver.module.partition(".")[0]
    counted = _counted_async if inspect.iscoroutinefunction(execute) else _counted
    patches.set(cursor, driver.execute, counted(execute, statements, name))
    many = getattr(cursor, "executemany", None)
    if many is not None and not inspect.iscoroutinefunction(many):  # those send their rows in one go
        patches.set(cursor, "executemany", _quiet(many, statements))


def _counted(execute: Any, statements: Statements, driver: str) -> Any:  # a method of a driver
    @functools.wraps(execute)
    def counted(cursor: Any, sql: Any, *args: Any, **kwargs: Any) -> Any:
        if statements.counted_above:
            return execute(cursor, sql, *args, **kwargs)
        began_s = time.perf_counter()
        try:
            return execute(cursor, sql, *args, **kwargs)
        finally:
            statements.add(_text(sql, cursor), sys._getframe(1), time.perf_counter() - began_s, driver)

    return counted


def _counted_async(execute: Any, statements: Statements, driver: str) -> Any:
    @functools.wraps(execute)
    async def counted(cursor: Any, sql: Any, *args: Any, **kwargs: Any) -> Any:
        began_s = time.perf_counter()
        try:
            return await execute(cursor, sql, *args, **kwargs)
        finally:
            statements.add(_text(sql, cursor), sys._getframe(1), time.perf_counter() - began_s, driver)

    return counted


def _quiet(many: Any, statements: Statements) -> Any:
    """Some drivers send `executemany` row by row through `execute`: that is one call of the user's."""

    @functools.wraps(many)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        before, statements.counted_above = statements.counted_above, True
        try:
            return many(*args, **kwargs)
        finally:
            statements.counted_above = before

    return quiet


def _text(sql: Any, cursor: Any) -> str:
    if isinstance(sql, str):
        return sql
    if isinstance(sql, bytes):
        return sql.decode("utf-8", "replace")
    as_string = getattr(sql, "as_string", None)  # psycopg's composed statements
    return str(as_string(cursor)) if as_string else type(sql).__name__
