"""Every statement of every database library that is known here, counted once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ds_notebook.profile.capture.hooks.alchemy import alchemy_statements
from ds_notebook.profile.capture.hooks.drivers import driver_statements
from ds_notebook.profile.capture.hooks.sqlite import sqlite_statements
from ds_notebook.profile.capture.hooks.statements import Statements
from ds_notebook.profile.capture.scope import Scope


@contextmanager
def sql(scope: Scope) -> Iterator[None]:
    """SQLite, the drivers of `drivers.DRIVERS`, and whatever SQLAlchemy uses."""
    statements = Statements(scope.places)
    try:
        with (
            alchemy_statements(scope, statements),
            driver_statements(scope, statements),
            sqlite_statements(scope, statements),
        ):
            yield
    finally:
        scope.found.statements = statements.all()
