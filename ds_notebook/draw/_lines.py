"""A panel of curves: heading, legend with the last values, grid, axes, curves."""

from __future__ import annotations

from math import isfinite

from ds_notebook.draw._curves import draw_curve, draw_sample
from ds_notebook.draw._legend import Entry, draw_heading
from ds_notebook.draw._mark import Drawing, rules, words, words_at
from ds_notebook.draw._theme import SMALL, Theme
from ds_notebook.draw._words import fit, width_of
from ds_notebook.draw.shapes import Lines, Series
from ds_notebook.draw.ticks import Axis, axis_of, labels, number


def draw_lines(lines: Lines, styles: list[int], width: float, plot_height: float, theme: Theme) -> Drawing:
    """All curves of a panel; `styles` numbers their colours, dashes and markers."""
    curves = [_tidy(series, log=lines.log_y) for series in lines.series]
    entries = [_entry(series, style, theme) for series, style in zip(curves, styles, strict=True)]
    scale = "log scale" if lines.log_y else ""
    aside = ", ".join(filter(None, (lines.y_label if lines.y_label != lines.heading else "", scale)))
    head = draw_heading(lines.heading, aside, entries, width, theme)
    top, bottom = head.height + 6, head.height + 6 + plot_height
    x_axis = axis_of((x for series in curves for x in series.x), padding=0.0)
    y_axis = axis_of((y for series in curves for y in series.y if y is not None), log=lines.log_y)
    if x_axis is None or y_axis is None:
        reason = "nothing finite to draw" if any(series.x for series in lines.series) else "no data yet"
        frame = rules([(0, bottom, width, 0)], theme.axis)
        note = words(width / 2, (top + bottom) / 2 + 4, reason, SMALL, theme.muted, anchor="middle")
        return Drawing(head.body + frame + note, bottom + 32)
    y_ticks = y_axis.ticks(max(2, int(plot_height / 32)))
    y_labels = labels(y_ticks)
    left, right = max(width_of(label, SMALL) for label in y_labels) + 8, width - 6
    grid = _grid(y_axis, y_ticks, y_labels, (left, right, top, bottom), theme)
    foot = _foot(x_axis, lines.x_label, (left, right, bottom), theme)

    to_x, to_y = x_axis.onto(left, right), y_axis.onto(bottom, top)
    in_front = sorted(zip(curves, styles, strict=True), key=lambda pair: (pair[0].markers, -len(pair[0].x)))
    drawn = "".join(draw_curve(series, to_x, to_y, style, theme, right - left) for series, style in in_front)
    return Drawing(head.body + grid + foot + drawn, bottom + 32)


def _tidy(series: Series, *, log: bool) -> Series:
    """The same curve sorted by x, with None for what cannot be drawn."""
    pairs = ((x, y) for x, y in zip(series.x, series.y, strict=True) if isfinite(x))
    ordered = sorted(pairs, key=lambda pair: pair[0])
    y = [y if y is not None and isfinite(y) and (y > 0 or not log) else None for _, y in ordered]
    return Series(name=series.name, x=[x for x, _ in ordered], y=y, markers=series.markers)


def _entry(series: Series, style: int, theme: Theme) -> Entry:
    last = number(series.y[-1]) if series.y else ""
    return Entry(draw_sample(series, 0, 0, style, theme), 20, series.name, last)


def _grid(
    axis: Axis, ticks: list[float], texts: list[str], box: tuple[float, float, float, float], theme: Theme
) -> str:
    left, right, top, bottom = box
    heights = list(map(axis.onto(bottom, top), ticks))
    body = rules(((left, y, right - left, 0) for y in heights), theme.grid)
    places = ((left - 6, y + 3.7, text) for y, text in zip(heights, texts, strict=True))
    return body + words_at(places, SMALL, theme.muted, anchor="end")


def _foot(axis: Axis, label: str, box: tuple[float, float, float], theme: Theme) -> str:
    """The x axis: its line, its ticks, and its label right of the last one."""
    left, right, bottom = box
    ticks = axis.ticks(max(2, int((right - left) / 75)))
    places = list(map(axis.onto(left, right), ticks))
    body = rules([(left, bottom, right - left, 0), *((x, bottom, 0, 4) for x in places)], theme.axis)
    label = fit(label, right - left, SMALL)
    body += words(right, bottom + 28, label, SMALL, theme.muted, anchor="end")
    texts = labels(ticks)
    inside = ((min(x, right + 6 - width_of(text, SMALL) / 2), text) for x, text in zip(places, texts, strict=True))
    return body + words_at(((x, bottom + 15, text) for x, text in inside), SMALL, theme.muted, anchor="middle")
