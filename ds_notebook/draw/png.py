"""The still picture of a scene as PNG: what git hosts, nbconvert and a saved notebook show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from ds_notebook.draw._theme import ThemeName
from ds_notebook.draw.shapes import Scene
from ds_notebook.draw.svg import svg

_FONTS = [str(path) for path in sorted((Path(__file__).parent / "fonts").glob("*.ttf"))]
_BEYOND_OUR_FONTS = re.compile("[\u0530-\u1fff\u2c00-\U0010ffff]")


_SHARP: Literal["optimize_legibility"] = "optimize_legibility"
_SMALL: Literal["optimize_speed"] = "optimize_speed"
"""How letters are drawn: with edges in shades, which are most of a picture's bytes, or in one colour."""


def png(
    scene: Scene, width: int = 760, scale: float = 2, theme: ThemeName = "light", most_bytes: int | None = None
) -> bytes:
    """The SVG of `scene` as PNG bytes, `width * scale` pixels wide.

    Where that has more than `most_bytes`, letters lose their soft edges, which makes a third of it and is hardly seen
    at a `scale` of 2; where that is not enough, a fourth of the pixels a side goes too.

    Time goes with the pixels: a picture that is redrawn while a run goes on is better made with `scale=1`, the last one
    with 2. Words need no font on this machine; only scripts beyond Latin, Greek and Cyrillic ask it for one.
    """
    from resvg_py import svg_to_bytes  # here, because text and SVG should not load a renderer

    drawing = svg(scene, width, theme)
    lacking = _BEYOND_OUR_FONTS.search(drawing) is not None
    picture = b""
    for zoom, letters in ((scale, _SHARP), (scale, _SMALL), (scale * 0.75, _SMALL)):
        picture = svg_to_bytes(
            svg_string=drawing,
            zoom=zoom,
            skip_system_fonts=not lacking,
            font_files=_FONTS,
            text_rendering=letters,
        )
        if most_bytes is None or len(picture) <= most_bytes:
            break
    return picture
