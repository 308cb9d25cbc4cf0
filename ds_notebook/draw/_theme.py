"""Colours, dashes, markers and type sizes of a picture."""

from __future__ import annotations

from typing import Literal, NamedTuple

ThemeName = Literal["light", "dark"]

FONTS = "'DejaVu Sans Condensed','Segoe UI','Helvetica Neue',Arial,sans-serif"
TITLE, HEADING, BODY, SMALL = 15.0, 12.5, 12.0, 10.5
"""Font sizes in pixels: a picture's title, a panel's heading, text and tables, axes and legends."""

DASHES = ("", "60 30", "15 25", "80 25 15 25", "30 15", "120 30")
"""In tenths of a pixel; with a marker as well, two curves differ without their colours."""

MARKERS = ("circle", "square", "triangle", "diamond", "circle", "square")

HATCHES = ("", "M-2 2l4-4M0 8l8-8M6 10l4-4", "M-2 6l4 4M0 0l8 8M6-2l4 4", "M0 4h8", "M4 0v8", "M0 4h8M4 0v8")
"""One tile of 8 by 8 pixels over the colour of a kind of block."""


class Theme(NamedTuple):
    """The paper and the inks."""

    paper: str
    ink: str
    muted: str
    grid: str
    axis: str
    series: tuple[str, ...]
    """Okabe and Ito's palette (2008), told apart with every common colour blindness; adapted to the paper."""


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        paper="#fff",
        ink="#1d2733",
        muted="#5c6875",
        grid="#e9ecef",
        axis="#b4bcc5",
        series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    ),
    "dark": Theme(
        paper="#1b1f24",
        ink="#e8ebee",
        muted="#a3adb8",
        grid="#2e343b",
        axis="#59636e",
        series=("#56b4e9", "#e69f00", "#2fbf94", "#e08fbb", "#f0e442", "#8ca7ff"),
    ),
}
