"""Values, sizes and times as people type them."""

from __future__ import annotations

import json
import re
from datetime import datetime

from ds_notebook.errors import UsageError

Parameter = str | int | float | bool | None


def values_of(text: str) -> list[Parameter]:
    """The values of a line: numbers, true, false, none and text, commas between; JSON where one holds a comma."""
    try:
        whole = json.loads(text)
    except ValueError:
        return [_value(part) for part in text.split(",")]
    return whole if isinstance(whole, list) else [whole]


def _value(text: str) -> Parameter:
    words: dict[str, Parameter] = {"true": True, "false": False, "none": None, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def memory_bytes(text: str) -> int:
    """500MB, 2GB, 1.5 GiB or bytes; raises UsageError."""
    found = re.fullmatch(r"([0-9.]+)\s*([kKMGT]?)(i?)[bB]?", text.strip())
    try:
        number = float(found[1]) if found else 0.0
    except ValueError:
        number = 0.0
    if found is None or number <= 0:
        raise UsageError(f"memory {text!r} is not a size. Write 500MB or 2GB.")
    base = 1024 if found[3] else 1000
    return int(number * base ** " KMGT".index(found[2].upper() or " "))


_UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def moment(text: str, now: float) -> float:
    """Unix seconds of 2026-12-24T18:00 (this machine's time zone) or of 30min from `now`; raises UsageError."""
    try:
        if found := re.fullmatch(r"([0-9.]+)\s*(s|min|h|d)", text.strip()):
            return now + float(found[1]) * _UNITS_S[found[2]]
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no time. Write 2026-12-24T18:00, or from now: 30min, 2h.") from None
