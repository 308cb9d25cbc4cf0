"""A frame of a call stack and its text in a record: `function (place:line)`."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

_FRAME = re.compile(r"(?P<function>.*) \((?P<place>.*):(?P<line>-?\d+)\)", re.DOTALL)


class Frame(NamedTuple):
    """A line that was running: `place` is a file, or a cell as its user numbers it ("cell 7")."""

    function: str
    place: str
    line: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The frame of its text in a record; what has another form is a function without a place."""
        match = _FRAME.fullmatch(text)
        return cls(match["function"], match["place"], int(match["line"])) if match else cls(text, "", 0)

    def __str__(self) -> str:
        return f"{self.function} ({self.place}:{self.line})"

    @property
    def where(self) -> str:
        """As a person says it: "cell 7, line 3"."""
        return f"{self.place}, line {self.line}"
