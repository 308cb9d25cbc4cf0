"""The still picture of a scene as PNG: what git hosts, nbconvert and a saved notebook show."""

from __future__ import annotations

import re
from pathlib import Path

from ds_notebook.draw._theme import ThemeName
from ds_notebook.draw.shapes import Scene
from ds_notebook.draw.svg import svg

_FONTS = [str(path) for path in sorted((Path(__file__).parent / "fonts").glob("*.ttf"))]
_BEYOND_OUR_FONTS = re.compile("[\u0530-\u1fff\u2c00-\U0010ffff]")


def png(scene: Scene, width: int = 760, scale: float = 2, theme: ThemeName = "light") -> bytes:
    """The SVG of `scene` as PNG bytes, `width * scale` pixels wide.

    Time goes with the pixels: a picture that is redrawn while a run goes on is better made with `scale=1`, the last one
    with 2. Words need no font on this machine; only scripts beyond Latin, Greek and Cyrillic ask it for one.
    """
    from resvg_py import svg_to_bytes  # here, because text and SVG should not load a renderer

    drawing = svg(scene, width, theme)
    lacking = _BEYOND_OUR_FONTS.search(drawing) is not None
    return svg_to_bytes(svg_string=drawing, zoom=scale, skip_system_fonts=not lacking, font_files=_FONTS)
