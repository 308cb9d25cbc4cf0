"""A panel of horizontal bars: the name left, the bar, its number behind it."""

from __future__ import annotations

from math import isfinite

from ds_notebook.draw._legend import draw_heading
from ds_notebook.draw._mark import Anchor, Drawing, rect, rules, words, words_at
from ds_notebook.draw._theme import BODY, SMALL, Theme
from ds_notebook.draw._words import fit, width_of
from ds_notebook.draw.shapes import Bars
from ds_notebook.draw.ticks import number, seconds

_ROW = 22.0
_MAX_ROWS = 30


def draw_bars(bars: Bars, width: float, theme: Theme) -> Drawing:
    """A row a bar; those beyond the thirtieth are counted, not drawn."""
    head = draw_heading(bars.heading, "", [], width, theme)
    rows = list(zip(bars.names, bars.values, strict=True))[:_MAX_ROWS]
    names = [fit(name, width * 0.35, BODY) for name, _ in rows]
    texts = [with_unit(value, bars.unit) for _, value in rows]
    finite = [value for _, value in rows if isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    left = max([0.0, *(width_of(name, BODY) for name in names)]) + 10
    number_room = max([0.0, *(width_of(text, BODY) for text in texts)]) + 8
    zero_room = number_room if low < 0 else 0.0
    per_unit = (width - left - number_room - zero_room) / 2 / ((high / 2 - low / 2) or 1.0)
    zero = left + zero_room - low * per_unit
    body = head.body + rules([(zero, head.height, 0, _ROW * len(rows))] if rows else [], theme.axis)
    y = head.height
    body += words_at(
        ((left - 10, y + _ROW * at + 15, name) for at, name in enumerate(names)), BODY, theme.ink, anchor="end"
    )
    for text, (_, value) in zip(texts, rows, strict=True):
        length = value * per_unit if isfinite(value) else 0.0
        body += rect(min(zero, zero + length), y + 4, abs(length), _ROW - 8, theme.series[0])
        edge: tuple[float, Anchor] = (zero + length + 6, "start") if length >= 0 else (zero + length - 6, "end")
        body += words(edge[0], y + 15, text, BODY, theme.muted, anchor=edge[1])
        y += _ROW
    if hidden := len(bars.names) - len(rows):
        body += words(left, y + 13, f"… and {hidden} more", SMALL, theme.muted)
        y += 18
    if not rows:
        body += words(0, y + 13, "no data yet", SMALL, theme.muted)
        y += 18
    return Drawing(body, y + 6)


def with_unit(value: float, unit: str) -> str:
    """A bar's number with its unit: 61%, 12.3 ms, 4.2k samples."""
    if unit == "s":
        return seconds(value)
    return number(value) + (unit if unit == "%" else f" {unit}" if unit else "")
