"""Whether two runs of a program came to the same: dtype, shape, and each number within a relative 1e-9."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ds_notebook.profile.trials.values import Array, Plain

RELATIVE = 1e-9

Values = Mapping[str, Plain | Array]


def differences(before: Values, after: Values) -> dict[str, str]:
    """What each name that both have differs by, in words: {"total": "differs by 2e-3"}; equal ones are left out."""
    found = {name: difference(before[name], after[name]) for name in before if name in after}
    return {name: words for name, words in found.items() if words}


def difference(before: Plain | Array, after: Plain | Array) -> str:
    """How two values differ, in words; "" where they are equal."""
    if before.kind != after.kind:
        return f"is a {after.kind}, was a {before.kind}"
    if isinstance(before, Array) and isinstance(after, Array):
        return _of_arrays(before, after)
    if isinstance(before, Array) or isinstance(after, Array):
        return "holds other kinds of numbers"
    return _of_content(before.content, after.content)


def _of_content(before: Any, after: Any) -> str:  # what JSON holds, with values in it
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"has {len(after)} items, had {len(before)}"
        pairs = zip(before, after, strict=True)
        return next((words for old, new in pairs if (words := _of_items(old, new))), "")
    if isinstance(before, float) and isinstance(after, float):
        return _of_numbers(before, after)
    if isinstance(before, str) and isinstance(after, str):
        return "" if before == after or _as_json(before, after) else "is another text"
    return "" if before == after else f"is {after!r:.40}, was {before!r:.40}"


def _of_items(before: Any, after: Any) -> str:
    if isinstance(before, Plain | Array) and isinstance(after, Plain | Array):
        return difference(before, after)
    return _of_content(before, after)


def _of_numbers(before: float, after: float) -> str:
    if before == after or (math.isnan(before) and math.isnan(after)):
        return ""
    apart = abs(before - after) / max(abs(before), abs(after))
    return "" if apart <= RELATIVE else f"differs by {apart:.1g} of its value"


def _of_arrays(before: Array, after: Array) -> str:
    import numpy

    if before.dtype != after.dtype:
        return f"is {after.dtype}, was {before.dtype}"
    if before.shape != after.shape:
        return f"has shape {tuple(after.shape)}, had {tuple(before.shape)}"
    old, new = before.numbers, after.numbers
    if old.dtype.kind not in "fc":
        return "" if numpy.array_equal(old, new) else "holds other values"
    same = (old == new) | (numpy.isnan(old) & numpy.isnan(new))
    with numpy.errstate(all="ignore"):
        apart = numpy.abs(old - new) / numpy.maximum(numpy.abs(old), numpy.abs(new))
    worst = float(numpy.max(numpy.where(same, 0.0, apart), initial=0.0))
    return "" if worst <= RELATIVE else f"differs by up to {worst:.1g} of its values"


def _as_json(before: str, after: str) -> bool:
    """Texts that say the same in JSON: another serializer may put other spaces."""
    if not (before[:1] in ("{", "[") and after[:1] == before[:1]):
        return False
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False
