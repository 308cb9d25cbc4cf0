"""A scene as one HTML file that opens anywhere: the still picture and, for a screen reader, the text."""

from __future__ import annotations

import html

from ds_notebook.draw._words import clean
from ds_notebook.draw.shapes import Scene
from ds_notebook.draw.svg import svg
from ds_notebook.draw.text import text


def page(scene: Scene) -> str:
    """The file's text, to be written as UTF-8; it holds no script and fetches nothing."""
    title = html.escape(clean(scene.title))
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n<body>\n{svg(scene)}\n'
        f"<details><summary>As text</summary><pre>{html.escape(text(scene))}</pre></details>\n</body></html>\n"
    )
