"""Reads the few kinds of values that a .pstats file consists of.

Not the standard library's `marshal`: a made-up file may crash that, or make it take all memory, and holds code objects
if it likes. This reader knows dicts, tuples, texts and numbers, and refuses the rest. The format: Python/marshal.c.
"""

from __future__ import annotations

import struct
from typing import Any

_REMEMBERED = 0x80
_DEEPEST = 6
_END = object()
_NUMBERS = {"i": "<i", "I": "<q", "g": "<d"}
_SHORT_TEXTS, _LONG_TEXTS = "zZ", "aAut"

Value = Any  # a dict, tuple, str, int, float or None


def read(content: bytes) -> Value:
    """The value; raises ValueError with a reason for anything that no .pstats holds."""
    reader = _Reader(content)
    try:
        value = reader.value(0)
    except (struct.error, IndexError, UnicodeDecodeError, TypeError) as error:
        raise ValueError(f"it ends early or is damaged ({error})") from None
    if reader.position != len(content):
        raise ValueError("something follows its end")
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.position = 0
        self._content = content
        self._seen: list[Value] = []

    def value(self, depth: int) -> Value:
        """The next value; `_END` where a dict has no more."""
        if depth > _DEEPEST:
            raise ValueError("its values lie too deep in one another")
        code = self._take("<B")
        kind, remembered = chr(code & ~_REMEMBERED), bool(code & _REMEMBERED)
        if kind == "r":
            return self._seen[self._take("<I")]
        place = len(self._seen)
        if remembered:
            self._seen.append(None)
        value = self._dict(place, depth, remembered) if kind == "{" else self._other(kind, depth)
        if remembered:
            self._seen[place] = value
        return value

    def _dict(self, place: int, depth: int, remembered: bool) -> Value:
        found: dict[Value, Value] = {}
        if remembered:
            self._seen[place] = found
        while (key := self.value(depth + 1)) is not _END:
            found[key] = self.value(depth + 1)
        return found

    def _other(self, kind: str, depth: int) -> Value:
        if kind in _NUMBERS:
            return self._take(_NUMBERS[kind])
        if kind in _SHORT_TEXTS or kind in _LONG_TEXTS:
            return self._text(self._take("<B" if kind in _SHORT_TEXTS else "<I"))
        if kind in "()":
            count = self._take("<B" if kind == ")" else "<I")
            if count > len(self._content) - self.position:
                raise ValueError("a tuple in it is longer than the file")
            return tuple(self.value(depth + 1) for _ in range(count))
        if kind == "0":
            return _END
        if kind == "N":
            return None
        raise ValueError(f"it holds a value of kind {kind!r}, as no .pstats does")

    def _text(self, size: int) -> str:
        start, self.position = self.position, self.position + size
        if self.position > len(self._content):
            raise ValueError("it ends early")
        return self._content[start : self.position].decode("utf-8", "surrogatepass")

    def _take(self, form: str) -> Any:  # a number
        (number,) = struct.unpack_from(form, self._content, self.position)
        self.position += struct.calcsize(form)
        return number
