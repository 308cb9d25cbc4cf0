"""A hook that breaks costs what it counts; the user's code and the profile go on."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType

from ds_notebook.profile.capture.scope import Hook, Scope


class Guarded(AbstractContextManager[None]):
    """`hook` at work, where an error of its own becomes a remark of the profile."""

    def __init__(self, hook: Hook, scope: Scope) -> None:
        self._name = hook.__name__
        self._hook = hook(scope)
        self._scope = scope
        self._is_at_work = False

    def __enter__(self) -> None:
        try:
            self._hook.__enter__()
            self._is_at_work = True
        except Exception as error:  # our own slip, or a library that is not as it was
            self._note(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._is_at_work:
            return
        try:
            self._hook.__exit__(kind, error, traceback)
        except Exception as own:
            self._note(own)

    def _note(self, error: Exception) -> None:
        self._scope.found.remarks.append(f"{self._name} counted nothing: {type(error).__name__}: {error}.")
