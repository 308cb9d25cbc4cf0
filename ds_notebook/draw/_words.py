"""Words in a picture: cleaned, measured, cut and wrapped, so that they neither harm nor overlap."""

from __future__ import annotations

import re
from html import escape

_TERMINAL_CODES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")

# Advance widths of the characters 32 to 126 in DejaVu Sans Condensed, in hundredths of the font size.
_ADVANCES = bytes.fromhex(
    "1d24294b3955461923232d4b1d201d1e393939393939393939391e1e4b4b4b305a3e3e3f45393446441b1b3b324e4347"
    "36473e3937423e593e373e231e234b2d2d3739313937203939191934195839373939252f2339354a35352f391e394b"
)
_LETTER, _SIGN, _IDEOGRAPH = 58, 80, 100
_BOLD = 1.12
_MOST_LETTERS = 1000
"""No picture shows more of one text; a longer one is cut before it is measured."""


def clean(text: str) -> str:
    """`text` on one line, without terminal codes, control and direction-changing characters."""
    if text.isprintable():
        return text
    text = _TERMINAL_CODES.sub("", text)
    return "".join(letter if letter.isprintable() else " " if letter.isspace() else "" for letter in text)


def quoted(text: str) -> str:
    """`text`, clean, as XML content or attribute value."""
    return escape(clean(text))


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Pixels that `text` takes at a font size of `size`."""
    return sum(map(_advance, text)) * size / 100 * (_BOLD if bold else 1.0)


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """`text`, clean, cut with an ellipsis where it is wider than `room` pixels."""
    text = clean(text[:_MOST_LETTERS])
    if width_of(text, size, bold=bold) <= room:
        return text
    room -= width_of("…", size, bold=bold)
    kept = 0
    while kept < len(text) and (room := room - width_of(text[kept], size, bold=bold)) >= 0:
        kept += 1
    return text[:kept].rstrip() + "…"


def wrap(text: str, room: float, size: float, *, bold: bool = False, max_lines: int = 4) -> list[str]:
    """`text`, clean, broken between words into lines of at most `room` pixels; the last allowed one is cut."""
    lines = [""]
    for word in clean(text[:_MOST_LETTERS]).split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(longer, size, bold=bold) <= room or not lines[-1] or len(lines) == max_lines:
            lines[-1] = longer
        else:
            lines.append(word)
    return [fit(line, room, size, bold=bold) for line in lines]


def _advance(letter: str) -> int:
    if " " <= letter <= "~":
        return _ADVANCES[ord(letter) - 32]
    return _LETTER if letter < "\u2000" else _SIGN if letter < "\u2e80" else _IDEOGRAPH
