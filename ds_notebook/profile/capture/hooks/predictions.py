"""On how many rows the models of other libraries than torch are asked at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ds_notebook.profile.capture.hooks.arguments import arguments, is_traced
from ds_notebook.profile.capture.scope import Scope
from ds_notebook.profile.observed import Predictions

EVERY_S = 0.05
METHODS = frozenset(
    "predict predict_proba predict_log_proba decision_function score_samples transform kneighbors apply".split()
)
_WRAPPED = "wrapped"
"""What scikit-learn puts around `transform`."""


@contextmanager
def predictions(scope: Scope) -> Iterator[None]:
    """Looks at the calls that samples find under way: the rows of their first argument, by the user's line."""
    by_line: dict[str, Predictions] = {}

    def look_for_predictions(frame: FrameType, _: float) -> None:
        called = _called_by_users(scope, frame)
        if called is None or is_traced(frame):
            return
        rows = _rows(arguments(called))
        if rows is not None:
            site = scope.places.site(called)
            each = by_line.setdefault(site, Predictions(function=called.f_code.co_qualname, site=site))
            each.looks += 1
            each.rows += rows

    scope.sampler.looks.add(EVERY_S, look_for_predictions)
    try:
        yield
    finally:
        scope.found.predictions = list(by_line.values())


def _called_by_users(scope: Scope, frame: FrameType | None) -> FrameType | None:
    """The frame of a method for predictions, if a line of the user's called it."""
    found = None
    while frame is not None and not scope.places.is_users(frame.f_code):
        name = frame.f_code.co_name
        found = frame if name in METHODS or (name == _WRAPPED and "sklearn" in frame.f_code.co_filename) else None
        frame = frame.f_back
    return found if frame is not None else None


def _rows(given: dict[str, Any]) -> int | None:
    """Of `X`, or of the first argument but `self`; None for what has no rows."""
    names = [name for name in given if name not in ("self", "f")]
    value = given[names[0]] if names else None
    if isinstance(value, list | tuple):
        return len(value)
    shape = getattr(value, "shape", None)
    return int(shape[0]) if isinstance(shape, tuple) and len(shape) > 1 else None
