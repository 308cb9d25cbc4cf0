"""The still picture of a scene as SVG: the state in words, then the panels; no script, its own paper."""

from __future__ import annotations

from itertools import groupby

from ds_notebook.draw._bars import draw_bars
from ds_notebook.draw._flame import draw_flame
from ds_notebook.draw._graph import draw_graph
from ds_notebook.draw._heatmap import draw_heatmap
from ds_notebook.draw._lines import draw_lines
from ds_notebook.draw._mark import Drawing, px, words
from ds_notebook.draw._table import draw_table, draw_text
from ds_notebook.draw._theme import FONTS, THEMES, TITLE, Theme, ThemeName
from ds_notebook.draw._timeline import draw_timeline
from ds_notebook.draw._words import quoted, wrap
from ds_notebook.draw.shapes import AnyShape, Bars, Flame, Graph, Heatmap, Lines, Scene, Table, Text, Timeline

_MARGIN, _GAP = 18.0, 14.0
_TWO_COLUMNS_FROM = 560


def svg(scene: Scene, width: int = 760, theme: ThemeName = "light") -> str:
    """An SVG document `width` pixels wide and as high as its panels need.

    Panels of curves that follow one another stand in two columns. Text is escaped and cleaned of control characters.
    """
    inks, room = THEMES[theme], width - 2 * _MARGIN
    title = wrap(scene.title, room, TITLE, bold=True, max_lines=2)
    y = _MARGIN + 2
    body = ""
    for line in filter(None, title):
        body += words(_MARGIN, y + 11, line, TITLE, inks.ink, bold=True)
        y += 20
    y += _GAP / 2
    for row in _rows(scene, room, inks):
        for x, drawing in row:
            body += f'<g transform="translate({px(_MARGIN + x)} {px(y)})">{drawing.body}</g>'
        y += max(drawing.height for _, drawing in row) + _GAP
    height = round(y + _MARGIN - _GAP)
    name = quoted(scene.title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="{FONTS}" role="img" aria-label="{name}"><title>{name}</title>'
        f'<rect width="{width}" height="{height}" fill="{inks.paper}"/>{body}</svg>'
    )


def _rows(scene: Scene, room: float, theme: Theme) -> list[list[tuple[float, Drawing]]]:
    """Panels side by side, each with its left edge."""
    rows: list[list[tuple[float, Drawing]]] = []
    styles: dict[str, int] = {}
    for curves, group in groupby(scene.panels, key=lambda panel: isinstance(panel, Lines)):
        panels = list(group)
        columns = 2 if curves and len(panels) > 1 and room >= _TWO_COLUMNS_FROM else 1
        for start in range(0, len(panels), columns):
            side_by_side = panels[start : start + columns]
            gaps = 2 * _GAP * (len(side_by_side) - 1)
            width = (room - gaps) / len(side_by_side)
            drawings = [_draw(panel, styles, width, theme) for panel in side_by_side]
            rows.append([(at * (width + 2 * _GAP), drawing) for at, drawing in enumerate(drawings)])
    return rows


def _draw(panel: AnyShape, styles: dict[str, int], width: float, theme: Theme) -> Drawing:
    match panel:
        case Lines():
            plot_height = 170.0 if width > 500 else 150.0
            return draw_lines(panel, _styles(panel, styles), width, plot_height, theme)
        case Bars():
            return draw_bars(panel, width, theme)
        case Timeline():
            return draw_timeline(panel, width, theme)
        case Flame():
            return draw_flame(panel, width, theme)
        case Heatmap():
            return draw_heatmap(panel, width, theme)
        case Graph():
            return draw_graph(panel, width, theme)
        case Table():
            return draw_table(panel, width, theme)
        case Text():
            return draw_text(panel, width, theme)


def _styles(panel: Lines, seen: dict[str, int]) -> list[int]:
    """A number a curve; one name looks the same in all panels, and no two in a panel look alike."""
    taken = {seen[series.name] for series in panel.series if series.name in seen}
    for series in panel.series:
        if series.name not in seen:
            seen[series.name] = next(style for style in range(len(taken) + 1) if style not in taken)
            taken.add(seen[series.name])
    return [seen[series.name] for series in panel.series]
